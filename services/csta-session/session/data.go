// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/hex"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
)

// maxData bounds correlatorData and userData in characters, which are two a
// byte where they are hexBinary.
const maxData = 1024

// correlatorData is carried as the application wrote it, so that its events
// bring it back untouched, whether it is hexBinary or not. XML is not carried.
func correlatorData(data *csta.CorrelatorData) ([]byte, error) {
	switch {
	case data == nil:
		return nil, nil
	case data.Private != "":
		return nil, ctierr.Operation(string(csta.OperationCorrelatorDataNotSupported), "correlatorData is XML")
	case len(data.String) > maxData:
		return nil, ctierr.Operation(string(csta.OperationCorrelatorDataOutOfRange), "correlatorData has %d characters", len(data.String))
	case data.String == "":
		return nil, nil
	}
	return []byte(data.String), nil
}

func userData(data *csta.UserData) ([]byte, error) {
	switch {
	case data == nil:
		return nil, nil
	case data.Private != "":
		return nil, ctierr.Operation(string(csta.OperationUserDataNotSupported), "userData is XML")
	case len(data.String) > maxData:
		return nil, ctierr.Operation(string(csta.OperationValueOutOfRange), "userData has %d characters", len(data.String))
	case data.String == "":
		return nil, nil
	}
	return []byte(data.String), nil
}

// callData are both.
func callData(correlator *csta.CorrelatorData, user *csta.UserData) (correlatorText, userText []byte, err error) {
	if correlatorText, err = correlatorData(correlator); err != nil {
		return nil, nil, err
	}
	userText, err = userData(user)
	return correlatorText, userText, err
}

// checkCodes refuses an account or authorisation code that is not hexBinary.
// Calls need no codes here, so that valid ones mean nothing.
func checkCodes(account, authorisation string) error {
	if _, err := hex.DecodeString(account); err != nil {
		return ctierr.Operation(string(csta.OperationInvalidAccountCode), "account code is not hexBinary")
	}
	if _, err := hex.DecodeString(authorisation); err != nil {
		return ctierr.Operation(string(csta.OperationInvalidAuthCode), "authorisation code is not hexBinary")
	}
	return nil
}

// within reports whether an optional number is one from 0 to most.
func within(value *int, most int) bool { return value == nil || *value >= 0 && *value <= most }

// valueOf is an optional number that was checked, zero where there is none.
func valueOf(value *int) uint32 {
	if value == nil {
		return 0
	}
	return uint32(*value)
}
