// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"maps"
	"slices"
	"strconv"

	"offhook.dev/csta"
)

// lamps is what a watcher was told of a line's calls.
type lamps struct {
	version uint32
	// told are the dialog elements as they were sent last, by call.
	told map[string]string
}

// document writes the dialog-info of a line (RFC 4235 4): all its calls, or
// what differs from the document before; false: nothing does. The version
// grows with each document.
func (l *lamps) document(entity, domain string, calls []Call, full bool) ([]byte, bool) {
	now := make(map[string]string, len(calls))
	ids := make([]string, 0, len(calls))
	for _, call := range calls {
		if call.State == CallTerminated {
			continue
		}
		if _, twice := now[call.ID]; !twice {
			ids = append(ids, call.ID)
		}
		now[call.ID] = dialogElement(entity, domain, call)
	}
	var elements []string
	for _, id := range ids {
		if full || l.told[id] != now[id] {
			elements = append(elements, now[id])
		}
	}
	if !full {
		for _, id := range slices.Sorted(maps.Keys(l.told)) {
			if _, lasts := now[id]; !lasts {
				elements = append(elements, dialogElement(entity, domain, Call{ID: id, State: CallTerminated}))
			}
		}
		if len(elements) == 0 {
			return nil, false
		}
	}
	state := "partial"
	if full {
		state = "full"
	}
	var body []byte
	body = append(body, `<?xml version="1.0" encoding="UTF-8"?>`+"\r\n"+`<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="`...)
	body = strconv.AppendUint(body, uint64(l.version), 10)
	body = append(body, `" state="`+state+`" entity="`...)
	body = csta.AppendEscaped(body, entity)
	body = append(body, `">`...)
	for _, element := range elements {
		body = append(body, element...)
	}
	body = append(body, "</dialog-info>\r\n"...)
	l.version++
	l.told = now
	return body, true
}

// dialogElement writes one dialog element (RFC 4235 4.1).
func dialogElement(entity, domain string, call Call) string {
	out := []byte(`<dialog id="`)
	out = csta.AppendEscaped(out, call.ID)
	attribute := func(name, value string) {
		if value != "" {
			out = append(out, `" `+name+`="`...)
			out = csta.AppendEscaped(out, value)
		}
	}
	attribute("call-id", call.CallID)
	attribute("local-tag", call.LocalTag)
	attribute("remote-tag", call.RemoteTag)
	switch {
	case call.State == CallTerminated:
	case call.Initiator:
		attribute("direction", "initiator")
	default:
		attribute("direction", "recipient")
	}
	out = append(out, `"><state>`+string(call.State)+`</state>`...)
	if call.State == CallTerminated {
		return string(append(out, "</dialog>"...))
	}
	out = append(out, "<local><identity>"...)
	out = csta.AppendEscaped(out, entity)
	out = append(out, `</identity><target uri="`...)
	out = csta.AppendEscaped(out, entity)
	if call.Held {
		out = append(out, `"><param pname="+sip.rendering" pvalue="no"/></target></local>`...)
	} else {
		out = append(out, `"/></local>`...)
	}
	if call.RemoteNumber != "" {
		uri := "sip:" + call.RemoteNumber + "@" + domain
		out = append(out, "<remote><identity"...)
		if call.RemoteName != "" {
			out = append(out, ` display="`...)
			out = csta.AppendEscaped(out, call.RemoteName)
			out = append(out, '"')
		}
		out = append(out, '>')
		out = csta.AppendEscaped(out, uri)
		out = append(out, `</identity><target uri="`...)
		out = csta.AppendEscaped(out, uri)
		out = append(out, `"/></remote>`...)
	}
	return string(append(out, "</dialog>"...))
}
