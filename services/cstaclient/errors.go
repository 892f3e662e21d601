// SPDX-License-Identifier: Apache-2.0

package cstaclient

import (
	"errors"
	"fmt"

	"offhook.dev/csta"
	"offhook.dev/services/sipstack"
)

// ErrNotNormal tells that the server's system status is not normal.
var ErrNotNormal = errors.New("the server is not in normal operation")

// ErrEnded tells that the session has ended.
var ErrEnded = errors.New("the session has ended")

// ErrAddress tells that Options.Server is not host:port.
var ErrAddress = errors.New("write the server's address as host:port")

// SIPError is a refusal on SIP's level.
type SIPError struct {
	Method string
	Status int
	Reason string
	// Local tells a status that no peer sent: 408 for no answer, 503 for no
	// connection.
	Local bool
	// Warning is what the server said for people (RFC 3261 20.43), or "".
	Warning string
}

func (e *SIPError) Error() string {
	text := fmt.Sprintf("%s: %d %s", e.Method, e.Status, e.Reason)
	if e.Warning != "" {
		text += " (" + e.Warning + ")"
	}
	return text
}

func sipError(method string, response *sipstack.Response) *SIPError {
	return &SIPError{
		Method: method, Status: response.StatusCode, Reason: response.Reason,
		Local: sipstack.IsLocal(response), Warning: sipstack.HeaderValue(response, "Warning"),
	}
}

// ServiceError is a negative CSTA response (CSTAErrorCode).
type ServiceError struct {
	Service  string
	Category string
	Value    string
}

func (e *ServiceError) Error() string {
	return fmt.Sprintf("%s: %s %s", e.Service, e.Category, e.Value)
}

func serviceError(service string, negative *csta.CSTAErrorCode) *ServiceError {
	return &ServiceError{Service: service, Category: string(negative.Category), Value: string(negative.Value)}
}
