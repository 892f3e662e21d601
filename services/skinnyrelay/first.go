// SPDX-License-Identifier: Apache-2.0

package skinnyrelay

import (
	"errors"
	"fmt"
	"io"

	"offhook.dev/services/skinny"
)

// maxFirst is how many bytes a phone may send until its registration is whole,
// that included. Alarms and keepalives may come before it.
const maxFirst = 2 << 10

// errTooMuch: the phone said too much before it registered.
var errTooMuch = errors.New("too much before a registration")

// registration is how a phone says who it is.
type registration struct {
	// id is that of Register or of RegisterTokenReq.
	id     skinny.ID
	device string
	// raw is all that was read: what came before, the registration, and what may
	// have come after it.
	raw []byte
}

// readRegistration reads until a registration is whole.
func readRegistration(from io.Reader) (registration, error) {
	buffer, filled := make([]byte, maxFirst), 0
	rest := buffer[:0]
	for {
		found, left, err := findRegistration(rest)
		if err != nil {
			return registration{}, err
		}
		if found != nil {
			found.raw = buffer[:filled]
			return *found, nil
		}
		if filled == len(buffer) {
			return registration{}, errTooMuch
		}
		n, err := from.Read(buffer[filled:])
		// left ends where the buffer was filled up to.
		rest = buffer[filled-len(left) : filled+n]
		filled += n
		if err != nil && n == 0 {
			return registration{}, fmt.Errorf("read registration: %w", err)
		}
	}
}

// findRegistration passes over whole frames up to a registration; nil: there is
// none yet, and left is what is no whole frame.
func findRegistration(data []byte) (found *registration, left []byte, err error) {
	for {
		frame, rest, whole, err := skinny.Cut(data)
		if err != nil || !whole {
			return nil, data, err //nolint:wrapcheck // says it all
		}
		data = rest
		switch m := frame.Message(skinny.Dialect{Version: skinny.MinVersion}).(type) {
		case *skinny.Register:
			return &registration{id: frame.ID, device: m.Phone.DeviceName}, nil, nil
		case *skinny.RegisterTokenReq:
			return &registration{id: frame.ID, device: m.Phone.DeviceName}, nil, nil
		}
	}
}
