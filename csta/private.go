// SPDX-License-Identifier: Apache-2.0

package csta

// PrivateData is one piece of vendor data (ECMA-323 privateData): XML of any
// vocabulary, or a hexBinary string.
type PrivateData struct {
	// Private is the content of the private element, for example Microsoft's
	// <lcs:line xmlns:lcs="...">tel:1001</lcs:line>.
	Private RawXML
	// String is hexBinary text; it counts where Private is empty.
	String string
}

// PrivateDataList is the privateData of an element, in order. A privateData
// element with several children becomes as many pieces.
type PrivateDataList []PrivateData

func (l *PrivateDataList) readContent(p *parser) {
	before := len(*l)
	f := frame{specs: privateDataChildren}
	for {
		switch p.child(&f) {
		case 0:
			*l = append(*l, PrivateData{Private: p.raw()})
		case 1:
			*l = append(*l, PrivateData{String: p.hex()})
		default:
			if len(*l) == before {
				*l = append(*l, PrivateData{})
			}
			return
		}
	}
}

var privateDataChildren = []childSpec{{name: "private", repeated: true}, {name: "string", repeated: true}}

func (l *PrivateDataList) appendTo(dst []byte, name string, _ Edition) []byte {
	for _, data := range *l {
		dst = appendOpen(dst, name)
		switch {
		case data.Private != "":
			dst = appendRaw(dst, "private", data.Private)
		case data.String != "":
			dst = appendText(dst, "string", data.String)
		}
		dst = appendClose(dst, name)
	}
	return dst
}
