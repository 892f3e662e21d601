// SPDX-License-Identifier: Apache-2.0

package crd

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDefinitionsAreAccepted(t *testing.T) {
	for _, name := range []string{"CMETarget", "Line", "CTIUser"} {
		if kinds(t)[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestSamplesAreAccepted(t *testing.T) {
	known := kinds(t)
	files, err := filepath.Glob("../../deploy/samples/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("samples: %v %v", files, err)
	}
	checked := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range documents(string(content)) {
			sample := object(t, document)
			name, _ := sample["kind"].(string)
			if definition := known[name]; definition != nil {
				checked++
				if _, faults := definition.apply(t, sample, nil); len(faults) > 0 {
					t.Errorf("%s: %s", file, texts(faults))
				}
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d sample objects were found", checked)
	}
}
