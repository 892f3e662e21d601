// SPDX-License-Identifier: Apache-2.0

// Command gen writes the structs, readers and writers of all CSTA messages
// from the files in its folder schema. It owns the generated files of package
// csta and nothing else; "go generate" in that package runs it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	folder := flag.String("out", ".", "folder the generated files go to")
	flag.Parse()
	if err := run(*folder); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	s, err := loadSchema()
	if err != nil {
		return err
	}
	files, err := generate(s)
	if err != nil {
		return err
	}
	for name, source := range files {
		if err := os.WriteFile(filepath.Join(folder, name), source, 0o644); err != nil {
			return err
		}
	}
	return nil
}
