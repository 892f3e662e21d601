// SPDX-License-Identifier: Apache-2.0

package callmodel

// Error is a negative response: category and value are element names of
// ECMA-323's CSTAErrorCode.
type Error struct {
	Category, Value string
	// Detail is for people, in logs.
	Detail string
}

// Error implements error.
func (e *Error) Error() string {
	text := e.Category + " " + e.Value
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

const (
	operation            = "operation"
	stateIncompatibility = "stateIncompatibility"
	// systemResource is misspelt in the standard.
	systemResource = "systemResourceAvailibility"
)

func refuse(category, value, detail string) *Error {
	return &Error{Category: category, Value: value, Detail: detail}
}
