// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"iter"
)

// documents gives the YAML documents of a file, each with the number of its
// first line. A document begins at a line "---" and ends before the next or at
// a line "...".
func documents(content []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		start, startLine := 0, 1
		end, line := 0, 1
		for text := range bytes.Lines(content) {
			begins, ends := isMarker(text, "---"), isMarker(text, "...")
			if begins || ends {
				if end > start && !yield(startLine, content[start:end]) {
					return
				}
				start, startLine = end, line
			}
			end += len(text)
			line++
			if ends {
				start, startLine = end, line
			}
		}
		if end > start {
			yield(startLine, content[start:end])
		}
	}
}

func isMarker(line []byte, marker string) bool {
	rest, found := bytes.CutPrefix(line, []byte(marker))
	return found && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}
