// SPDX-License-Identifier: Apache-2.0

package session

import (
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"offhook.dev/csta"
)

// readSystemStatusRequest reads the body that opens or refreshes a session.
func readSystemStatusRequest(body []byte) (csta.Document, error) {
	document, err := csta.Read(body, csta.ReadOptions{})
	var unknown *csta.UnknownElementError
	switch {
	case errors.As(err, &unknown):
		return document, notSystemStatus(unknown.Name)
	case document.Message == nil:
		return document, status.Error(codes.InvalidArgument, err.Error())
	}
	if _, ok := document.Message.(*csta.RequestSystemStatus); !ok {
		return document, notSystemStatus(document.Message.Element())
	}
	return document, nil
}

func notSystemStatus(element string) error {
	return status.Errorf(codes.InvalidArgument, "the body must be RequestSystemStatus, not %s", element)
}

// systemStatusNormal is the body that lets a client go on.
func systemStatusNormal(edition csta.Edition) []byte {
	return csta.Append(make([]byte, 0, responseSize), &csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusNormal}, edition)
}

// messagesLost is the body that tells a client of lost events.
func messagesLost(edition csta.Edition) []byte {
	return csta.Append(nil, &csta.SystemStatus{SystemStatus: csta.SystemStatusMessagesLost}, edition)
}

const (
	rccNamespace = "http://schemas.microsoft.com/Lcs/2005/04/RCCExtension"
	maxLineText  = 256
)

// lineInBody is the line that Microsoft's clients put into private data:
// <lcs:line xmlns:lcs="...RCCExtension">tel:1001</lcs:line>. Empty: none.
func lineInBody(message csta.Message) string {
	request, ok := message.(*csta.RequestSystemStatus)
	if !ok || request.Extensions == nil {
		return ""
	}
	for _, data := range request.Extensions.PrivateData {
		if text := elementText(string(data.Private), rccNamespace, "line"); text != "" && len(text) <= maxLineText {
			return strings.TrimSpace(text)
		}
	}
	return ""
}
