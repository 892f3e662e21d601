// SPDX-License-Identifier: Apache-2.0

package skinnyphone_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"reflect"
	"sync"
	"testing"
	"time"

	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/services/skinny"
)

const patience = 10 * time.Second

// server is a call agent that does what a test says.
type server struct {
	t        *testing.T
	listener net.Listener
	highest  skinny.Version
	arrived  chan *desk
	work     sync.WaitGroup
	// register, where set, is told of each Register instead of the usual answer.
	register func(d *desk, m *skinny.Register)
	// token is given the desks that ask for one.
	token chan *desk
	// keepAlive in seconds.
	keepAlive uint32
}

// desk is one connection of a phone.
type desk struct {
	server     *server
	connection net.Conn
	mutex      sync.Mutex
	dialect    skinny.Dialect
	registered *skinny.Register
	// sent are the phone's messages but those of the registration and keepalives.
	sent chan skinny.Message
	// asked names all messages of the phone in order until the time was asked for.
	asked []skinny.ID
	gone  chan struct{}
}

func listen(t *testing.T, highest skinny.Version) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, listener, highest)
}

func serve(t *testing.T, listener net.Listener, highest skinny.Version) *server {
	s := &server{t: t, listener: listener, highest: highest, arrived: make(chan *desk, 100), token: make(chan *desk, 10), keepAlive: 30}
	var desks sync.Map
	s.work.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			d := &desk{
				server: s, connection: connection, sent: make(chan skinny.Message, 1000),
				gone: make(chan struct{}), dialect: skinny.Dialect{Version: skinny.MinVersion},
			}
			desks.Store(d, true)
			s.work.Go(d.read)
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		desks.Range(func(key, _ any) bool { _ = key.(*desk).connection.Close(); return true })
		s.work.Wait()
	})
	return s
}

func (d *desk) read() {
	defer close(d.gone)
	reader := skinny.NewReader(bufio.NewReader(d.connection))
	for {
		frame, err := reader.Read()
		if err != nil {
			return
		}
		d.mutex.Lock()
		dialect := d.dialect
		d.mutex.Unlock()
		d.take(frame.Message(dialect))
	}
}

// take answers what belongs to the registration.
func (d *desk) take(message skinny.Message) {
	if len(d.asked) < 100 {
		d.asked = append(d.asked, message.ID())
	}
	switch m := message.(type) {
	case *skinny.Register:
		d.registered = m
		if d.server.register != nil {
			d.server.register(d, m)
			return
		}
		d.acknowledge()
	case *skinny.RegisterTokenReq:
		d.server.token <- d
	case *skinny.KeepAlive:
		d.send(&skinny.KeepAliveAck{})
	case *skinny.Unregister:
		d.send(&skinny.UnregisterAck{})
	case *skinny.ButtonTemplateReq:
		d.send(&skinny.ButtonTemplate{Offset: 0, Total: 5, Buttons: []skinny.Button{{Instance: 1, Kind: 9}, {Instance: 2, Kind: 9}}},
			&skinny.ButtonTemplate{Offset: 2, Total: 5, Buttons: []skinny.Button{
				{Instance: 1, Kind: 2}, {Kind: skinny.ButtonUnused}, {Instance: 3, Kind: skinny.ButtonKind(skinny.StimulusDoNotDisturb)},
			}})
	case *skinny.SoftKeyTemplateReq:
		d.send(&skinny.SoftKeyTemplateRes{Total: 10, Keys: []skinny.SoftKeyLabel{
			{Label: skinny.PhraseRedial.Text(), Key: skinny.KeyRedial}, {Label: skinny.PhraseNewCall.Text(), Key: skinny.KeyNewCall},
			{Label: skinny.PhraseHold.Text(), Key: skinny.KeyHold}, {Label: skinny.PhraseTransfer.Text(), Key: skinny.KeyTransfer},
			{Label: skinny.PhraseEndCall.Text(), Key: skinny.KeyEndCall}, {Label: skinny.PhraseResume.Text(), Key: skinny.KeyResume},
			{Label: skinny.PhraseAnswer.Text(), Key: skinny.KeyAnswer}, {Label: "Confrn", Key: skinny.KeyConference},
		}}, &skinny.SoftKeyTemplateRes{Offset: 8, Total: 10, Keys: []skinny.SoftKeyLabel{{Label: "DND", Key: skinny.KeyDoNotDisturb}, {Label: "Park", Key: skinny.KeyPark}}})
	case *skinny.SoftKeySetReq:
		set := func(places ...uint8) (s skinny.SoftKeySet) { copy(s.Template[:], places); return s }
		d.send(&skinny.SoftKeySetRes{Total: 9, Sets: []skinny.SoftKeySet{
			set(1, 2, 9), set(3, 5, 4, 8, 10), set(6, 2, 5), set(7, 5), set(1, 5), set(5, 0, 4), set(5), set(5, 8), set(5, 4),
		}})
	case *skinny.ConfigStatReq:
		d.send(&skinny.ConfigStat{DeviceName: d.registered.Phone.DeviceName, UserName: "Ada", ServerName: "offhook", Lines: 2, SpeedDialCount: 1})
	case *skinny.LineStatReq:
		stat := skinny.LineStat{Line: m.Line, Number: []string{"", "1001", "1002"}[m.Line], Name: "Ada", Label: "Zoë"}
		if d.dialect.Version.Dynamic() {
			d.send(&skinny.LineStatDynamic{LineStat: stat})
			return
		}
		d.send(&stat)
	case *skinny.SpeedDialStatReq:
		d.send(&skinny.SpeedDialStat{SpeedDial: m.SpeedDial, Number: "1009", Label: "Bob"})
	case *skinny.FeatureStatReq:
		d.send(&skinny.FeatureStat{Index: m.Index, Feature: skinny.StimulusDoNotDisturb, Label: "DND", Status: 1})
	case *skinny.ForwardStatReq:
		d.send(&skinny.ForwardStat{Active: true, Line: m.Line, All: skinny.Forwarding{Active: m.Line == 2, Number: "1007"}})
	case *skinny.TimeDateReq:
		d.send(skinny.TimeDate(time.Unix(1800000000, 0).UTC()), &skinny.SelectSoftKeys{Set: skinny.KeysOnHook, Mask: skinny.AllSoftKeys},
			&skinny.DisplayPromptStatus{Text: skinny.PhraseYourCurrentOptions.Text()})
		d.server.arrived <- d
	case *skinny.RegisterAvailableLines, *skinny.IPPort, *skinny.HeadsetStatus:
	default:
		d.sent <- message
	}
}

// acknowledge serves the phone.
func (d *desk) acknowledge() {
	version, _ := skinny.Negotiate(skinny.Version(d.registered.ProtocolVersion), d.server.highest)
	d.mutex.Lock()
	d.dialect = skinny.Dialect{Version: version, UTF8: d.registered.Features&skinny.FeatureUTF8 != 0}
	d.mutex.Unlock()
	d.send(&skinny.RegisterAck{KeepAlive: d.server.keepAlive, DateTemplate: "D/M/Y", ProtocolVersion: uint8(version)}, &skinny.CapabilitiesReq{})
}

func (d *desk) send(messages ...skinny.Message) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var frames []byte
	for _, message := range messages {
		frames = skinny.Append(frames, message, d.dialect)
	}
	_, _ = d.connection.Write(frames)
}

// next gives the phone's next message of a type.
func next[T skinny.Message](d *desk) T {
	d.server.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case message := <-d.sent:
			if m, ok := message.(T); ok {
				return m
			}
			d.server.t.Logf("passed over %T", message)
		case <-limit:
			d.server.t.Fatalf("phone sent no %v", reflect.TypeFor[T]())
		}
	}
}

// phone dials a phone and gives its desk.
func (s *server) phone(options skinnyphone.Options) (*skinnyphone.Phone, *desk) {
	s.t.Helper()
	options.Server = s.listener.Addr().String()
	if options.DeviceName == "" {
		options.DeviceName = "SEP00112233445F"
	}
	if _, secure := s.listener.(*net.TCPListener); !secure {
		options.TLS = &tls.Config{InsecureSkipVerify: true}
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	phone, err := skinnyphone.Dial(ctx, options)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(phone.Close)
	return phone, s.desk()
}

func (s *server) desk() *desk {
	s.t.Helper()
	select {
	case d := <-s.arrived:
		return d
	case <-time.After(patience):
		s.t.Fatal("no phone registered")
		return nil
	}
}

func await(t *testing.T, phone *skinnyphone.Phone, is func(skinnyphone.Snapshot) bool) skinnyphone.Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	snapshot, err := phone.Await(ctx, is)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// certificate of the server, signed by itself.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}
