// SPDX-License-Identifier: Apache-2.0

package link

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of offhook.link.v1.
const (
	fieldFrames = 1 // of ExchangeRequest and ExchangeResponse

	fieldID              = 1 // of Request and Response
	fieldRequestMethod   = 2
	fieldRequestPayload  = 3
	fieldRequestTimeout  = 4
	fieldRequestCancel   = 5
	fieldRequestMetadata = 6

	fieldMetadataKey   = 1
	fieldMetadataValue = 2

	fieldResponsePayload = 2
	fieldResponseStatus  = 3
)

var errBadFrame = errors.New("malformed link frame")

// request is a decoded Request; byte fields are views into the message.
type request struct {
	id           uint64
	method       []byte
	payload      []byte
	timeoutNanos int64
	cancel       bool
	metadata     metadata.MD
}

// response is a decoded Response; byte fields are views into the message.
type response struct {
	id      uint64
	payload []byte
	status  []byte
}

// appendRequestHead writes a Request up to its payload, which must follow.
func appendRequestHead(dst []byte, id uint64, method string, timeoutNanos int64, md metadata.MD, payload int) []byte {
	size := protowire.SizeTag(fieldID) + protowire.SizeVarint(id) +
		protowire.SizeTag(fieldRequestMethod) + protowire.SizeBytes(len(method)) +
		protowire.SizeTag(fieldRequestPayload) + protowire.SizeBytes(payload)
	if timeoutNanos > 0 {
		size += protowire.SizeTag(fieldRequestTimeout) + protowire.SizeVarint(uint64(timeoutNanos))
	}
	for key, values := range md {
		for _, value := range values {
			size += protowire.SizeTag(fieldRequestMetadata) + protowire.SizeBytes(metadataSize(key, value))
		}
	}
	dst = protowire.AppendTag(dst, fieldFrames, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(size))
	dst = protowire.AppendTag(dst, fieldID, protowire.VarintType)
	dst = protowire.AppendVarint(dst, id)
	dst = protowire.AppendTag(dst, fieldRequestMethod, protowire.BytesType)
	dst = protowire.AppendString(dst, method)
	if timeoutNanos > 0 {
		dst = protowire.AppendTag(dst, fieldRequestTimeout, protowire.VarintType)
		dst = protowire.AppendVarint(dst, uint64(timeoutNanos))
	}
	for key, values := range md {
		for _, value := range values {
			dst = protowire.AppendTag(dst, fieldRequestMetadata, protowire.BytesType)
			dst = protowire.AppendVarint(dst, uint64(metadataSize(key, value)))
			dst = protowire.AppendTag(dst, fieldMetadataKey, protowire.BytesType)
			dst = protowire.AppendString(dst, key)
			dst = protowire.AppendTag(dst, fieldMetadataValue, protowire.BytesType)
			dst = protowire.AppendString(dst, value)
		}
	}
	dst = protowire.AppendTag(dst, fieldRequestPayload, protowire.BytesType)
	return protowire.AppendVarint(dst, uint64(payload))
}

func metadataSize(key, value string) int {
	return protowire.SizeTag(fieldMetadataKey) + protowire.SizeBytes(len(key)) +
		protowire.SizeTag(fieldMetadataValue) + protowire.SizeBytes(len(value))
}

// appendCancel writes a Request that stops another.
func appendCancel(dst []byte, id uint64) []byte {
	size := protowire.SizeTag(fieldID) + protowire.SizeVarint(id) + protowire.SizeTag(fieldRequestCancel) + 1
	dst = protowire.AppendTag(dst, fieldFrames, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(size))
	dst = protowire.AppendTag(dst, fieldID, protowire.VarintType)
	dst = protowire.AppendVarint(dst, id)
	dst = protowire.AppendTag(dst, fieldRequestCancel, protowire.VarintType)
	return protowire.AppendVarint(dst, 1)
}

// appendResponseHead writes a Response up to its payload or status, which must
// follow.
func appendResponseHead(dst []byte, id uint64, field protowire.Number, content int) []byte {
	size := protowire.SizeTag(fieldID) + protowire.SizeVarint(id) +
		protowire.SizeTag(field) + protowire.SizeBytes(content)
	dst = protowire.AppendTag(dst, fieldFrames, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(size))
	dst = protowire.AppendTag(dst, fieldID, protowire.VarintType)
	dst = protowire.AppendVarint(dst, id)
	dst = protowire.AppendTag(dst, field, protowire.BytesType)
	return protowire.AppendVarint(dst, uint64(content))
}

// nextFrame splits the first frame off an ExchangeRequest or ExchangeResponse.
// Unknown fields are skipped; an empty rest with a nil frame is the end.
func nextFrame(message []byte) (frame, rest []byte, err error) {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, nil, errBadFrame
		}
		message = message[n:]
		if number == fieldFrames && kind == protowire.BytesType {
			frame, n = protowire.ConsumeBytes(message)
			if n < 0 {
				return nil, nil, errBadFrame
			}
			return frame, message[n:], nil
		}
		n = protowire.ConsumeFieldValue(number, kind, message)
		if n < 0 {
			return nil, nil, errBadFrame
		}
		message = message[n:]
	}
	return nil, nil, nil
}

// fields calls number for every varint of a message and content for every
// length-delimited field; fields of other wire types are skipped.
func fields(message []byte, number func(field protowire.Number, value uint64), content func(field protowire.Number, value []byte)) error {
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errBadFrame
		}
		message = message[n:]
		switch kind {
		case protowire.VarintType:
			value, n := protowire.ConsumeVarint(message)
			if n < 0 {
				return errBadFrame
			}
			number(field, value)
			message = message[n:]
		case protowire.BytesType:
			value, n := protowire.ConsumeBytes(message)
			if n < 0 {
				return errBadFrame
			}
			content(field, value)
			message = message[n:]
		default:
			n = protowire.ConsumeFieldValue(field, kind, message)
			if n < 0 {
				return errBadFrame
			}
			message = message[n:]
		}
	}
	return nil
}

func (r *request) decode(frame []byte) error {
	*r = request{}
	var nested error
	err := fields(frame, func(field protowire.Number, value uint64) {
		switch field {
		case fieldID:
			r.id = value
		case fieldRequestTimeout:
			r.timeoutNanos = int64(value)
		case fieldRequestCancel:
			r.cancel = value != 0
		}
	}, func(field protowire.Number, value []byte) {
		switch field {
		case fieldRequestMethod:
			r.method = value
		case fieldRequestPayload:
			r.payload = value
		case fieldRequestMetadata:
			if err := r.addMetadata(value); err != nil {
				nested = err
			}
		}
	})
	if err == nil {
		err = nested
	}
	if err == nil && !r.cancel && len(r.method) == 0 {
		err = fmt.Errorf("%w: request without method", errBadFrame)
	}
	return err
}

func (r *request) addMetadata(message []byte) error {
	var key, text string
	err := fields(message, skipNumber, func(field protowire.Number, value []byte) {
		switch field {
		case fieldMetadataKey:
			key = string(value)
		case fieldMetadataValue:
			text = string(value)
		}
	})
	if err != nil {
		return err
	}
	if r.metadata == nil {
		r.metadata = metadata.MD{}
	}
	r.metadata.Append(key, text)
	return nil
}

func (r *response) decode(frame []byte) error {
	*r = response{}
	return fields(frame, func(field protowire.Number, value uint64) {
		if field == fieldID {
			r.id = value
		}
	}, func(field protowire.Number, value []byte) {
		switch field {
		case fieldResponsePayload:
			r.payload = value
		case fieldResponseStatus:
			r.status = value
		}
	})
}

func skipNumber(protowire.Number, uint64) {}
