// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"offhook.dev/csta"
)

// names stand in a story for ids that differ from run to run.
type names struct {
	byID   map[string]string
	byName map[string]string
	counts map[string]int
}

func newNames() *names {
	return &names{byID: make(map[string]string), byName: make(map[string]string), counts: make(map[string]int)}
}

// ids are the elements whose text is named, with the name's first letter.
var ids = []struct {
	pattern *regexp.Regexp
	letter  string
}{
	{regexp.MustCompile(`<callID>([^<]+)</callID>`), "c"},
	{regexp.MustCompile(`<monitorCrossRefID>([^<]+)</monitorCrossRefID>`), "m"},
	{regexp.MustCompile(`<crossRefIdentifier>([^<]+)</crossRefIdentifier>`), "r"},
	{regexp.MustCompile(`<routeRegisterReqID>([^<]+)</routeRegisterReqID>`), "reg"},
	{regexp.MustCompile(`<serviceCrossRefID>([^<]+)</serviceCrossRefID>`), "s"},
	{regexp.MustCompile(`<sysStatRegisterID>([^<]+)</sysStatRegisterID>`), "sys"},
	{regexp.MustCompile(`<globallyUniqueCallLinkageID>([^<]+)</globallyUniqueCallLinkageID>`), "g"},
}

var (
	declaration = regexp.MustCompile(`<\?xml[^>]*\?>\s*`)
	namespace   = regexp.MustCompile(` xmlns="http://www.ecma-international.org/standards/ecma-323/csta/(ed\d)"`)
	connection  = regexp.MustCompile(`>(c\d+)/([^<]*)<`)
	reference   = regexp.MustCompile(`>(c|m|r|reg|s|sys)(\d+)<`)
)

// write names the ids of a message. The namespace is left out.
func (n *names) write(message string) string {
	message = namespace.ReplaceAllString(declaration.ReplaceAllString(message, ""), "")
	for _, id := range ids {
		message = id.pattern.ReplaceAllStringFunc(message, func(element string) string {
			found := id.pattern.FindStringSubmatch(element)[1]
			return strings.Replace(element, ">"+found+"<", ">"+n.name(found, id.letter)+"<", 1)
		})
	}
	return message
}

func (n *names) name(id, letter string) string {
	if name, ok := n.byID[id]; ok {
		return name
	}
	n.counts[letter]++
	name := fmt.Sprintf("%s%d", letter, n.counts[letter])
	n.byID[id], n.byName[name] = name, id
	return name
}

// fill puts ids for names, and the namespace of the edition.
func (n *names) fill(t *testing.T, request string, edition csta.Edition) string {
	t.Helper()
	request = connection.ReplaceAllString(request, "><callID>${1}</callID><deviceID>${2}</deviceID><")
	request = reference.ReplaceAllStringFunc(request, func(text string) string {
		name := strings.Trim(text, "<>")
		id, known := n.byName[name]
		if !known {
			t.Fatalf("nothing is called %s yet", name)
		}
		return ">" + id + "<"
	})
	end := strings.IndexAny(request, " />")
	if end < 0 {
		t.Fatalf("no request: %q", request)
	}
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		request[:end] + fmt.Sprintf(` xmlns=%q`, edition.Namespace()) + request[end:]
}
