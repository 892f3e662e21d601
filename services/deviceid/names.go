// SPDX-License-Identifier: Apache-2.0

package deviceid

// Names writes devices as one client does: byte for byte where the client wrote
// the device itself, else in its form. It is read only; share it freely.
type Names struct {
	Form Form
	// Texts are exact texts by number; nil: none.
	Texts map[string]string
}

// Append writes a device.
func (n Names) Append(dst []byte, number string) []byte {
	if text, ok := n.Texts[number]; ok {
		return append(dst, text...)
	}
	return n.Form.Append(dst, number)
}

// Write gives a device's text.
func (n Names) Write(number string) string {
	if text, ok := n.Texts[number]; ok {
		return text
	}
	return n.Form.Write(number)
}

// Writes reports whether Write gives exactly this text for a number.
func (n Names) Writes(number, text string) bool {
	if known, ok := n.Texts[number]; ok {
		return known == text
	}
	return n.Form.Write(number) == text
}
