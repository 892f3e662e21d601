// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"offhook.dev/services/sipstack"
)

// ContentType of CSTA XML (ECMA TR/87, RFC 3261 25.1: without regard to case).
const ContentType = "application/csta+xml"

const maxParts = 8

// content is what a request carries.
type content uint8

const (
	contentNone content = iota
	contentCSTA
	contentOther
)

// IsCSTA tells whether a request carries a CSTA body, alone or as a part of
// multipart/mixed without session description, or claims to.
func IsCSTA(req *sipstack.Request, limit int) bool {
	switch media := sipstack.MediaType(req); {
	case media == ContentType:
		return true
	case media == "multipart/mixed":
		_, kind := cstaBody(req, limit)
		return kind == contentCSTA
	default:
		return false
	}
}

// cstaBody takes the CSTA body out of a request.
func cstaBody(req *sipstack.Request, limit int) ([]byte, content) {
	body := req.Body()
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, contentNone
	}
	switch sipstack.MediaType(req) {
	case ContentType:
		return body, contentCSTA
	case "multipart/mixed":
		return cstaPart(sipstack.HeaderValue(req, "Content-Type"), body, limit)
	default:
		return nil, contentOther
	}
}

func cstaPart(contentType string, body []byte, limit int) ([]byte, content) {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return nil, contentOther
	}
	reader := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	var found []byte
	for range maxParts {
		part, err := reader.NextPart()
		if err == io.EOF && found != nil {
			return found, contentCSTA
		}
		if err != nil {
			return nil, contentOther
		}
		media, _, _ := strings.Cut(part.Header.Get("Content-Type"), ";")
		switch strings.ToLower(strings.TrimSpace(media)) {
		case "application/sdp":
			return nil, contentOther
		case ContentType:
			text, err := io.ReadAll(io.LimitReader(part, int64(limit)+1))
			if err != nil || found != nil || len(text) == 0 {
				return nil, contentOther
			}
			found = text
		}
	}
	return nil, contentOther
}
