// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"strings"
	"sync"

	"offhook.dev/csta"
	"offhook.dev/services/sipstack"
)

// wire is what an application received, in the order of the connection.
type wire struct {
	mutex    sync.Mutex
	received []wireItem
}

type wireItem struct {
	element string
	body    string
}

func (w *wire) trace(direction sipstack.TraceDirection, raw []byte) {
	if direction != sipstack.TraceReceived {
		return
	}
	_, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !found || len(body) == 0 {
		return
	}
	document, err := csta.Read(body, csta.ReadOptions{})
	if err != nil {
		return
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.received = append(w.received, wireItem{element: document.Message.Element(), body: string(body)})
}

// elements are the CSTA messages since the last call.
func (w *wire) elements() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	elements := make([]string, 0, len(w.received))
	for _, item := range w.received {
		elements = append(elements, item.element)
	}
	w.received = nil
	return elements
}

// bodies are the CSTA documents since the last call of elements.
func (w *wire) bodies() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	bodies := make([]string, 0, len(w.received))
	for _, item := range w.received {
		bodies = append(bodies, item.body)
	}
	return bodies
}

// has reports whether a document since the last call of elements has the text.
func (w *wire) has(text string) bool { return strings.Contains(w.String(), text) }

func (w *wire) String() string { return "\n" + strings.Join(w.bodies(), "\n") }
