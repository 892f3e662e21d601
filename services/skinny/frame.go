// SPDX-License-Identifier: Apache-2.0

package skinny

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	headerSize = 12
	// MaxPayload is the most bytes that a message has after its id.
	MaxPayload = 8 << 10
	// maxHeaderVersion is beyond every version that a phone may say; what says
	// more is another protocol.
	maxHeaderVersion = 64
)

// Errors of a stream that is not, or no longer, one of frames.
var (
	ErrLength  = errors.New("length of a frame is out of bounds")
	ErrVersion = errors.New("version of a frame is out of bounds")
)

// Frame is one message as it is on the wire.
type Frame struct {
	// Version as the header says it: 0 for layouts before version 11.
	Version uint32
	ID      ID
	// Payload is valid until the next frame is read.
	Payload []byte
}

// Reader reads frames. It is not safe for concurrent use.
type Reader struct {
	source io.Reader
	buffer []byte
}

// NewReader makes a reader. It asks the source for exactly what a frame has, so
// that the source had better be buffered.
func NewReader(source io.Reader) *Reader {
	return &Reader{source: source, buffer: make([]byte, 256)}
}

// Read reads the next frame. Errors: ErrLength, ErrVersion, io.EOF between
// frames, io.ErrUnexpectedEOF within one, and those of the source.
func (r *Reader) Read() (Frame, error) {
	header := r.buffer[:headerSize]
	if _, err := io.ReadFull(r.source, header); err != nil {
		return Frame{}, err //nolint:wrapcheck // io.EOF is for callers
	}
	frame, size, err := readHeader(header)
	if err != nil {
		return Frame{}, err
	}
	if cap(r.buffer) < headerSize+size {
		r.buffer = make([]byte, headerSize+size)
	}
	frame.Payload = r.buffer[headerSize : headerSize+size]
	if _, err := io.ReadFull(r.source, frame.Payload); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Frame{}, fmt.Errorf("read %s: %w", frame.ID, err)
	}
	return frame, nil
}

func readHeader(header []byte) (frame Frame, payload int, err error) {
	length := binary.LittleEndian.Uint32(header)
	frame.Version = binary.LittleEndian.Uint32(header[4:])
	frame.ID = ID(binary.LittleEndian.Uint32(header[8:]))
	switch {
	case length < 4 || length > MaxPayload+4:
		return frame, 0, fmt.Errorf("%w: %d", ErrLength, length)
	case frame.Version > maxHeaderVersion:
		return frame, 0, fmt.Errorf("%w: %d", ErrVersion, frame.Version)
	}
	return frame, int(length) - 4, nil
}

// Cut takes the first frame off data. False: it is not complete yet.
func Cut(data []byte) (frame Frame, rest []byte, ok bool, err error) {
	if len(data) < headerSize {
		return Frame{}, data, false, nil
	}
	frame, size, err := readHeader(data)
	if err != nil {
		return Frame{}, data, false, err
	}
	if len(data) < headerSize+size {
		return Frame{}, data, false, nil
	}
	frame.Payload = data[headerSize : headerSize+size]
	return frame, data[headerSize+size:], true, nil
}

// Message reads the frame's message; one that this package does not know is
// *Unknown. The message keeps nothing of the frame.
func (f Frame) Message(dialect Dialect) Message {
	m := newMessage(f.ID)
	if f.Version >= uint32(versionStreams) {
		dialect.Version = Version(min(f.Version, uint32(MaxVersion)))
	}
	m.layout(&codec{dialect: dialect, reading: true, payload: f.Payload})
	return m
}

// Append appends a message as a frame.
func Append(dst []byte, m Message, dialect Dialect) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, headerSize)...)
	c := codec{dialect: dialect, payload: dst, base: len(dst)}
	m.layout(&c)
	dst = c.payload
	for (len(dst)-start)%4 != 0 {
		dst = append(dst, 0)
	}
	header := dst[start:]
	binary.LittleEndian.PutUint32(header, uint32(len(dst)-start-8))
	binary.LittleEndian.PutUint32(header[4:], dialect.Version.header())
	binary.LittleEndian.PutUint32(header[8:], uint32(m.ID()))
	return dst
}
