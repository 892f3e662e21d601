// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"offhook.dev/test/bench/load"
)

const namespace = "http://www.ecma-international.org/standards/ecma-323/csta/ed3"

// requestBytes is the size of a request's body: what real clients send.
const requestBytes = 630

func openBody() []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?><RequestSystemStatus xmlns="` + namespace + `"/>`)
}

// padded fills a request with private data up to requestBytes.
func padded(element, children string) []byte {
	const frame = `<?xml version="1.0" encoding="UTF-8"?><%[1]s xmlns="%[2]s">%[3]s<extensions><privateData><private><client xmlns="urn:example:client">%[4]s</client></private></privateData></extensions></%[1]s>`
	bare := fmt.Sprintf(frame, element, namespace, children, "")
	return fmt.Appendf(nil, frame, element, namespace, children, strings.Repeat("x", max(0, requestBytes-len(bare))))
}

func snapshotBody(line string) []byte {
	return padded("SnapshotDevice", "<snapshotObject><deviceObject>"+line+"</deviceObject></snapshotObject>")
}

// snapshot asks for the calls at a line.
func snapshot(line string) invoke {
	body := snapshotBody(line)
	return func(session *load.Session) ([]time.Duration, error) {
		answer, err := session.Invoke(body)
		if err != nil {
			return nil, err
		}
		if answer.Status != 200 || !bytes.Contains(answer.Body, []byte("SnapshotDeviceResponse")) {
			return []time.Duration{answer.Latency}, fmt.Errorf("snapshot answered %d %s", answer.Status, answer.Body)
		}
		return []time.Duration{answer.Latency}, nil
	}
}

// canned is the baseline's request: any 200 will do.
func canned(line string) invoke {
	body := snapshotBody(line)
	return func(session *load.Session) ([]time.Duration, error) {
		answer, err := session.Invoke(body)
		if err == nil && answer.Status != 200 {
			err = fmt.Errorf("baseline answered %d", answer.Status)
		}
		return []time.Duration{answer.Latency}, err
	}
}

func makeCallBody(from, to string) []byte {
	return padded("MakeCall", "<callingDevice>"+from+"</callingDevice><calledDirectoryNumber>"+to+"</calledDirectoryNumber><autoOriginate>doNotPrompt</autoOriginate>")
}

func clearBody(callID, device string) []byte {
	return padded("ClearConnection", "<connectionToBeCleared><callID>"+callID+"</callID><deviceID>"+device+"</deviceID></connectionToBeCleared>")
}

// makeAndClear makes a call and clears it: two requests.
func makeAndClear(from, to string) invoke {
	body := makeCallBody(from, to)
	return func(session *load.Session) ([]time.Duration, error) {
		made, err := session.Invoke(body)
		if err != nil {
			return nil, err
		}
		callID := element(made.Body, "callID")
		if made.Status != 200 || callID == "" {
			return []time.Duration{made.Latency}, fmt.Errorf("MakeCall answered %d %s", made.Status, made.Body)
		}
		cleared, err := session.Invoke(clearBody(callID, from))
		if err != nil {
			return []time.Duration{made.Latency}, err
		}
		if cleared.Status != 200 || !bytes.Contains(cleared.Body, []byte("ClearConnectionResponse")) {
			err = fmt.Errorf("ClearConnection answered %d %s", cleared.Status, cleared.Body)
		}
		return []time.Duration{made.Latency, cleared.Latency}, err
	}
}

func monitorBody(line string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?><MonitorStart xmlns="` + namespace + `"><monitorObject><deviceObject>` + line + `</deviceObject></monitorObject></MonitorStart>`)
}

func element(body []byte, name string) string {
	_, rest, _ := bytes.Cut(body, []byte("<"+name+">"))
	inner, _, _ := bytes.Cut(rest, []byte("</"+name+">"))
	return string(inner)
}
