// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"errors"
	"fmt"
)

// SyntaxError says that a body is not well-formed XML, or uses what ECMA-323
// bodies may not use (a document type declaration). A SIP element answers 400.
type SyntaxError struct {
	// Offset counts bytes of the body from 0, after a byte order mark.
	Offset int
	// Reason is what is wrong there.
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("read csta document: %s at byte %d", e.Reason, e.Offset)
}

// EncodingError says that a body is in a character encoding that is not UTF-8,
// ISO-8859-1 or US-ASCII, or does not keep to the encoding it declares.
type EncodingError struct {
	// Encoding is the name as declared, or "UTF-16" for its byte order mark.
	Encoding string
	// Offset counts bytes of the body from 0, after a byte order mark.
	Offset int
}

func (e *EncodingError) Error() string {
	return fmt.Sprintf("read csta document: not readable as %q at byte %d", e.Encoding, e.Offset)
}

// LimitError says that a body exceeds one of the Limits.
type LimitError struct {
	// Limit is the name of the field of Limits.
	Limit string
	// Max is the value that was exceeded.
	Max int
	// Offset counts bytes of the body from 0.
	Offset int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("read csta document: more than %s %d at byte %d", e.Limit, e.Max, e.Offset)
}

// UnknownElementError says that the root element is no message of ECMA-323 or
// ECMA-354 that this package knows. The CSTA answer is operation
// serviceNotSupported.
type UnknownElementError struct {
	// Name is the local name of the root element.
	Name string
	// Namespace is its namespace as written.
	Namespace string
	// Offset counts bytes of the body from 0.
	Offset int
}

func (e *UnknownElementError) Error() string {
	return fmt.Sprintf("read csta document: unknown message %q in namespace %q", e.Name, e.Namespace)
}

// MissingChildError says that an element lacks a child that the schema
// requires. In tolerant mode Read returns it together with a Document that
// holds whatever else the body says.
type MissingChildError struct {
	// Path leads from the root to the element, "ClearConnection" or
	// "TransferCallResponse/connections/connectionListItem".
	Path string
	// Child is the name of the missing child.
	Child string
	// Offset is where the element ends, in bytes of the body.
	Offset int
	// More are further missing children, at most 15, in tolerant mode.
	More []*MissingChildError
}

// maxMissing bounds MissingChildError.More.
const maxMissing = 15

func (e *MissingChildError) Error() string {
	return fmt.Sprintf("read csta document: %s without %s, ending at byte %d", e.Path, e.Child, e.Offset)
}

// ValueError says that an element or attribute holds text that its type does
// not allow, such as a boolean that is neither true nor false. Values outside
// an enumeration are errors in strict mode only.
type ValueError struct {
	// Path leads from the root to the element or attribute.
	Path string
	// Value is the text found, cut after 64 bytes.
	Value string
	// Want names the type.
	Want string
	// Offset counts bytes of the body from 0.
	Offset int
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("read csta document: %s is %q, want %s, at byte %d", e.Path, e.Value, e.Want, e.Offset)
}

// StrictError names the first place where a document departs from the schema
// in a way that tolerant mode forgives: order, repetition, unknown children,
// namespaces, text between elements. Only strict mode returns it.
type StrictError struct {
	// Path leads from the root to the parent of the offending child.
	Path string
	// Child is the name of the offending child, or empty for stray text.
	Child string
	// Reason says why.
	Reason string
	// Offset counts bytes of the body from 0.
	Offset int
}

func (e *StrictError) Error() string {
	return fmt.Sprintf("read csta document: %s/%s: %s, at byte %d", e.Path, e.Child, e.Reason, e.Offset)
}

// ErrorCodeFor returns the CSTAErrorCode that answers a request which Read
// refused with err. It reports false for errors below CSTA (syntax, encoding,
// limits), which SIP answers with 400 or 413, and for any other error.
func ErrorCodeFor(err error) (CSTAErrorCode, bool) {
	var unknown *UnknownElementError
	var missing *MissingChildError
	var value *ValueError
	var strict *StrictError
	switch {
	case errors.As(err, &unknown):
		return CSTAErrorCode{Category: ErrorCategoryOperation, Value: OperationServiceNotSupported}, true
	case errors.As(err, &missing), errors.As(err, &value), errors.As(err, &strict):
		return CSTAErrorCode{Category: ErrorCategoryOperation, Value: OperationInvalidParameterValue}, true
	}
	return CSTAErrorCode{}, false
}
