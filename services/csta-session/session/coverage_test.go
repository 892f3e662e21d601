// SPDX-License-Identifier: Apache-2.0

package session

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"offhook.dev/csta"
)

// TestEveryServiceIsInTheTranscripts: nothing is served that no transcript
// shows, with its response and, where it can be refused, a refusal.
func TestEveryServiceIsInTheTranscripts(t *testing.T) {
	answered, refused := make(map[string]bool), make(map[string]bool)
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for exchange := range strings.SplitSeq(string(text), "\ninvoke ") {
			request, outcome, ok := strings.Cut(exchange, "\n----\n")
			_, body, more := strings.Cut(request, "\n")
			if !ok || !more || !strings.HasPrefix(body, "<") {
				continue
			}
			document, err := csta.Read([]byte(body), csta.ReadOptions{})
			element := elementOf(document.Message, err)
			if strings.Contains(outcome, "<CSTAErrorCode") {
				refused[element] = true
			} else {
				answered[element] = true
			}
		}
	}
	never := []string{ // refused
		"GetCSTAFeatures", "RequestSystemStatus", "SystemStatus",
		"StartApplicationSession", "ResetApplicationSessionTimer", "StopApplicationSession",
	}
	for element := range newServices() {
		if !answered[element] && element != "Escape" {
			t.Errorf("no transcript shows a response to %s", element)
		}
		if !refused[element] && !slices.Contains(never, element) {
			t.Errorf("no transcript shows a refusal of %s", element)
		}
	}
}
