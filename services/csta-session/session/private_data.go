// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/xml"
	"strings"
)

// elementText is the text of the first element of a name in a piece of private
// data, which the codec has checked already; empty: none. It is used when
// sessions open, not for each service.
func elementText(content, namespace, local string) string {
	decoder := xml.NewDecoder(strings.NewReader("<private>" + content + "</private>"))
	inside := false
	var text strings.Builder
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		switch token := token.(type) {
		case xml.StartElement:
			inside = token.Name.Local == local && token.Name.Space == namespace
		case xml.CharData:
			if inside {
				text.Write(token)
			}
		case xml.EndElement:
			if inside {
				return strings.TrimSpace(text.String())
			}
		}
	}
}
