// SPDX-License-Identifier: Apache-2.0

package skinnyrelay

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"offhook.dev/services/skinny"
)

var old = skinny.Dialect{Version: skinny.MinVersion}

// said is what a phone says, one message after the other.
func said(messages ...skinny.Message) []byte {
	var all []byte
	for _, m := range messages {
		all = skinny.Append(all, m, old)
	}
	return all
}

func register(device string) skinny.Message {
	return &skinny.Register{Phone: skinny.Phone{DeviceName: device}, ProtocolVersion: 17}
}

func token(device string) skinny.Message {
	return &skinny.RegisterTokenReq{Phone: skinny.Phone{DeviceName: device}}
}

const desk = "SEP001122334455"

func TestReadRegistration(t *testing.T) {
	t.Parallel()
	many := make([]skinny.Message, 200)
	for i := range many {
		many[i] = &skinny.KeepAlive{}
	}
	for name, test := range map[string]struct {
		said []byte
		id   skinny.ID
		want error
	}{
		"Register":                      {said: said(register(desk)), id: skinny.IDRegister},
		"RegisterTokenReq":              {said: said(token(desk)), id: skinny.IDRegisterTokenReq},
		"an alarm before it":            {said: said(&skinny.Alarm{Text: "25: Name=" + desk}, &skinny.KeepAlive{}, register(desk)), id: skinny.IDRegister},
		"something after it":            {said: said(register(desk), &skinny.KeepAlive{}), id: skinny.IDRegister},
		"only keepalives":               {said: said(&skinny.KeepAlive{}), want: io.EOF},
		"half of it":                    {said: said(register(desk))[:20], want: io.EOF},
		"nothing":                       {want: io.EOF},
		"another protocol":              {said: []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), want: skinny.ErrLength},
		"too many keepalives before it": {said: said(append(many, register(desk))...), want: errTooMuch},
		"a frame that is too long":      {said: append([]byte{0, 16, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}, make([]byte, 4096)...), want: errTooMuch},
	} {
		for how, source := range map[string]io.Reader{
			"at once": bytes.NewReader(test.said), "byte by byte": iotest.OneByteReader(bytes.NewReader(test.said)),
		} {
			got, err := readRegistration(source)
			if !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Errorf("%s %s: %v, want %v", name, how, err, test.want)
				continue
			}
			if err != nil {
				continue
			}
			after, err := io.ReadAll(source)
			if err != nil {
				t.Fatal(err)
			}
			if got.device != desk || got.id != test.id || !bytes.Equal(append(got.raw, after...), test.said) {
				t.Errorf("%s %s: %s of %q, %d bytes of %d", name, how, got.id, got.device, len(got.raw)+len(after), len(test.said))
			}
		}
	}
}

// Whatever comes, however it is cut: nothing is lost, too much is not read, and
// the answer is the same.
func FuzzReadRegistration(f *testing.F) {
	f.Add(said(register(desk)))
	f.Add(said(&skinny.Alarm{Text: "25"}, token(desk)))
	f.Add(said(register(desk))[:30])
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, wholeErr := readRegistration(bytes.NewReader(data))
		cut, cutErr := readRegistration(iotest.OneByteReader(bytes.NewReader(data)))
		if (wholeErr == nil) != (cutErr == nil) || whole.device != cut.device || whole.id != cut.id {
			t.Fatalf("at once %q, %v; byte by byte %q, %v", whole.device, wholeErr, cut.device, cutErr)
		}
		if len(whole.raw) > maxFirst || !bytes.HasPrefix(data, whole.raw) || !bytes.HasPrefix(whole.raw, cut.raw) {
			t.Fatalf("read %x and %x of %x", whole.raw, cut.raw, data)
		}
		if wholeErr == nil && whole.id != skinny.IDRegister && whole.id != skinny.IDRegisterTokenReq {
			t.Fatalf("%s is no registration", whole.id)
		}
	})
}
