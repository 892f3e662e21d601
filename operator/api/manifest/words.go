// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// valueWords says in YAML's words what a JSON value is.
func valueWords(value any) string {
	switch value.(type) {
	case map[string]any:
		return "a mapping"
	case []any:
		return "a list"
	case string:
		return "text"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	default:
		return "empty"
	}
}

// quoteHint helps with `number: 1001`, the commonest fault of all.
func quoteHint(value any) string {
	switch value.(type) {
	case bool, json.Number:
		return "; put it in quotes"
	default:
		return ""
	}
}

// hint names the field that was meant, if there is one that is nearly alike.
func hint(name string, known []string) string {
	for _, field := range known {
		if strings.EqualFold(field, name) {
			return "did you mean " + field + "?"
		}
	}
	for _, field := range known {
		if len(name) > 3 && len(name) <= len(field)+2 && distance(name, field) <= 2 {
			return "did you mean " + field + "?"
		}
	}
	return "correct or remove it"
}

// distance counts the letters to insert, remove or replace to get from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// join appends a field to a path.
func join(path, name string) string {
	if path == "" {
		return printable(name)
	}
	return path + "." + printable(name)
}

// printable quotes what would not read as one word of a path.
func printable(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(text)
	}
	return text
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// yamlReason takes the decoder's own prefixes off and counts lines from the
// file's first instead of the document's.
func yamlReason(err error, firstLine int) string {
	text := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "yaml: "), "unmarshal errors:\n")
	reasons := slices.Collect(strings.SplitSeq(text, "\n"))
	for i, reason := range reasons {
		reason = strings.TrimSpace(reason)
		if match := yamlLine.FindStringSubmatch(reason); match != nil {
			if number, err := strconv.Atoi(match[1]); err == nil {
				reason = "line " + strconv.Itoa(number+firstLine-1) + ": " + reason[len(match[0]):]
			}
		}
		reasons[i] = reason
	}
	return oneLine("is not YAML: " + strings.Join(reasons, "; "))
}

// oneLine keeps a reason on its line.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
