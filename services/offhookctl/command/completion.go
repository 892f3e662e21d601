// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Completion is `offhookctl completion`.
type Completion struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run implements the command: the script is made from the command line's own
// model, so that it knows every command and flag.
func (o *Completion) Run(_ *Connection, env *Environment) error {
	commands := make(map[string][]string)
	var names []string
	shared := flags(env.Model.Flags)
	for _, node := range env.Model.Children {
		if node.Hidden {
			continue
		}
		names = append(names, node.Name)
		commands[node.Name] = slices.Concat(flags(node.Flags), shared)
	}
	var script string
	switch o.Shell {
	case "fish":
		script = fish(env.Model, names)
	default:
		script = bash(names, commands, shared, valued(env.Model))
		if o.Shell == "zsh" {
			script = "#compdef offhookctl\nautoload -U +X bashcompinit && bashcompinit\n" + script
		}
	}
	_, err := fmt.Fprint(env.Out, script)
	return err
}

func flags(list []*kong.Flag) []string {
	var names []string
	for _, flag := range list {
		if !flag.Hidden {
			names = append(names, "--"+flag.Name)
		}
	}
	slices.Sort(names)
	return names
}

// valued are the flags, long and short, whose value may be the next word.
func valued(model *kong.Application) []string {
	var names []string
	for _, flag := range model.Flags {
		if flag.IsBool() {
			continue
		}
		names = append(names, "--"+flag.Name)
		if flag.Short != 0 {
			names = append(names, "-"+string(flag.Short))
		}
	}
	slices.Sort(names)
	return names
}

func bash(names []string, commands map[string][]string, shared, valued []string) string {
	var script strings.Builder
	fmt.Fprintf(&script, `_offhookctl() {
  local word=${COMP_WORDS[COMP_CWORD]} command= value= each
  for each in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$value" ]; then value=; continue; fi
    case $each in
      %s) value=next ;;
      -*) ;;
      *) command=$each; break ;;
    esac
  done
  if [ -n "$value" ]; then return; fi # the shell completes file names
  case $command in
`, strings.Join(valued, "|"))
	for _, name := range names {
		fmt.Fprintf(&script, "    %s) COMPREPLY=($(compgen -W '%s' -- \"$word\")) ;;\n", name, strings.Join(commands[name], " "))
	}
	fmt.Fprintf(&script, "    *) COMPREPLY=($(compgen -W '%s %s' -- \"$word\")) ;;\n  esac\n}\ncomplete -o default -F _offhookctl offhookctl\n", strings.Join(names, " "), strings.Join(shared, " "))
	return script.String()
}

func fish(model *kong.Application, names []string) string {
	var script strings.Builder
	for _, node := range model.Children {
		if slices.Contains(names, node.Name) {
			fmt.Fprintf(&script, "complete -c offhookctl -f -n __fish_use_subcommand -a %s -d '%s'\n", node.Name, quoteFish(node.Help))
			for _, flag := range node.Flags {
				fmt.Fprintf(&script, "complete -c offhookctl -n '__fish_seen_subcommand_from %s' -l %s -d '%s'\n", node.Name, flag.Name, quoteFish(flag.Help))
			}
		}
	}
	for _, flag := range model.Flags {
		fmt.Fprintf(&script, "complete -c offhookctl -l %s -d '%s'\n", flag.Name, quoteFish(flag.Help))
	}
	return script.String()
}

func quoteFish(text string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text)
}
