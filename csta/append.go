// SPDX-License-Identifier: Apache-2.0

package csta

import "strconv"

func appendOpen(dst []byte, name string) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	return append(dst, '>')
}

func appendClose(dst []byte, name string) []byte {
	dst = append(dst, '<', '/')
	dst = append(dst, name...)
	return append(dst, '>')
}

func appendEmpty(dst []byte, name string) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	return append(dst, '/', '>')
}

func appendText(dst []byte, name, text string) []byte {
	dst = appendOpen(dst, name)
	dst = AppendEscaped(dst, text)
	return appendClose(dst, name)
}

func appendBool(dst []byte, name string, value bool) []byte {
	dst = appendOpen(dst, name)
	dst = strconv.AppendBool(dst, value)
	return appendClose(dst, name)
}

func appendInt(dst []byte, name string, value int) []byte {
	dst = appendOpen(dst, name)
	dst = strconv.AppendInt(dst, int64(value), 10)
	return appendClose(dst, name)
}

func appendRaw(dst []byte, name string, content RawXML) []byte {
	dst = appendOpen(dst, name)
	dst = append(dst, content...)
	return appendClose(dst, name)
}

func appendAttribute(dst []byte, name, value string) []byte {
	dst = append(dst, ' ')
	dst = append(dst, name...)
	dst = append(dst, '=', '"')
	dst = AppendEscaped(dst, value)
	return append(dst, '"')
}
