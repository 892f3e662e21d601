// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/sipstack"
)

// restless is a phone that answers by itself, one way or another, and whose user
// presses keys without sense.
type restless struct {
	*phone
	mu      sync.Mutex
	random  *rand.Rand
	dialogs []*sipstack.Dialog
	// dialling counts the calls made that are not answered yet.
	dialling int
}

func newRestless(p *phone, seed uint64) *restless {
	r := &restless{phone: p, random: rand.New(rand.NewPCG(seed, 2))}
	p.endpoint.SetHandler(r)
	return r
}

func (r *restless) chance(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.random.IntN(n) == 0
}

func (r *restless) HandleRequest(tx *sipstack.ServerTx) {
	if tx.Request().Method != "INVITE" {
		_ = tx.Respond(200, "")
		return
	}
	if dialog, err := tx.Ring(180); err == nil {
		dialog.SetHandler(r)
	}
	switch {
	case r.chance(8):
		_ = tx.Reject(486)
	case r.chance(8): // it rings until somebody else ends it
	default:
		spec := sipstack.AcceptSpec{Handler: r, Body: r.sdp("sendrecv"), ContentType: "application/sdp"}
		if directionOfBody(tx.Request().Body()) == "inactive" {
			spec.Body = r.sdp("inactive")
		}
		if dialog, err := tx.Accept(spec); err == nil {
			r.begin(dialog)
		}
	}
}

func (r *restless) HandleDialogRequest(_ *sipstack.Dialog, tx *sipstack.ServerTx) {
	switch request := tx.Request(); {
	case request.Method != "INVITE" && request.Method != "UPDATE":
		_ = tx.Respond(200, "")
	case r.chance(20):
		_ = tx.Reject(488)
	case request.Method == "INVITE" || len(request.Body()) > 0:
		answer := map[string]string{
			"": "sendrecv", "sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive",
		}[directionOfBody(request.Body())]
		_ = tx.Respond(200, "", sipstack.WithBody(r.sdp(answer), "application/sdp"))
	default:
		_ = tx.Respond(200, "")
	}
}

func (r *restless) HandleAck(*sipstack.Dialog, *sipstack.Request) {}

func (r *restless) HandleDialogEnd(d *sipstack.Dialog, _ sipstack.DialogEnd) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dialogs = slices.DeleteFunc(r.dialogs, func(o *sipstack.Dialog) bool { return o == d })
}

func (r *restless) begin(d *sipstack.Dialog) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dialogs = append(r.dialogs, d)
}

func (r *restless) one() *sipstack.Dialog {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.dialogs) == 0 {
		return nil
	}
	return r.dialogs[r.random.IntN(len(r.dialogs))]
}

// press does what a user might.
func (r *restless) press(key int) {
	dialog := r.one()
	switch {
	case key == 0:
		r.dials()
	case dialog == nil:
	case key == 1:
		_ = dialog.Bye()
	case key == 2:
		r.offers(dialog, "INVITE", nil)
	case key == 3:
		r.offers(dialog, "UPDATE", r.sdp("sendrecv"))
	case key < 6:
		r.offers(dialog, "INVITE", r.sdp("sendonly"))
	default:
		r.offers(dialog, "INVITE", r.sdp("sendrecv"))
	}
}

func (r *restless) dials() {
	number := fmt.Sprint(1001 + rand.IntN(3))
	var dialog *sipstack.Dialog
	made := make(chan struct{})
	r.mu.Lock()
	r.dialling++
	r.mu.Unlock()
	dialog, err := r.endpoint.Invite(sipstack.InviteSpec{
		RequestURI: r.uri(number), From: sipstack.NameAddr{URI: r.uri(r.number)}, To: sipstack.NameAddr{URI: r.uri(number)},
		Dest: r.flow(), Body: r.sdp("sendrecv"), ContentType: "application/sdp", Handler: r,
		OnResponse: func(res *sipstack.Response) {
			<-made
			if res.StatusCode >= 200 {
				defer func() {
					r.mu.Lock()
					r.dialling--
					r.mu.Unlock()
				}()
			}
			switch {
			case res.StatusCode/100 == 2:
				_ = dialog.Ack(nil, "")
				r.begin(dialog)
			case res.StatusCode == 180 && r.chance(3):
				dialog.Cancel()
			}
		},
		Credentials: &sipstack.Credentials{Username: r.number, Password: r.password},
	})
	if err != nil {
		r.t.Error(err)
	}
	close(made)
}

// offers sends an offer, or asks for one, without waiting.
func (r *restless) offers(dialog *sipstack.Dialog, method sipstack.RequestMethod, body []byte) {
	spec := sipstack.RequestSpec{Method: method, Body: body, OnResponse: func(res *sipstack.Response) {
		switch {
		case method != "INVITE" || res.StatusCode/100 != 2:
		case body == nil:
			_ = dialog.Ack(r.sdp("sendrecv"), "application/sdp")
		default:
			_ = dialog.Ack(nil, "")
		}
	}}
	if body != nil {
		spec.ContentType = "application/sdp"
	}
	_, _ = dialog.Send(spec) // one that can't be sent now is not
}

// TestSoak: users and applications do what they like, at once. In the end every
// call can be ended, nothing is left, and a call works.
func TestSoak(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002", "1003")
	var users []*restless
	for i, p := range phones {
		users = append(users, newRestless(p, seed+uint64(i)))
	}
	quit := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-b.events:
			case <-quit:
				return
			}
		}
	})
	var services sync.WaitGroup
	pace := time.NewTicker(2 * time.Millisecond)
	defer pace.Stop()
	for range 200 {
		<-pace.C
		user := users[random.IntN(len(users))]
		if random.IntN(3) == 0 {
			user.press(random.IntN(12))
		}
		line, other, choice := user.number, fmt.Sprint(1001+random.IntN(3)), random.IntN(100)
		services.Go(func() { b.any(line, other, choice) })
		if random.IntN(3) > 0 {
			services.Wait()
		}
	}
	services.Wait()
	deadline := time.Now().Add(waitLong)
	for b.busy(users) {
		if time.Now().After(deadline) {
			t.Fatalf("calls are left: %v", b.snapshot("1001", "1002", "1003"))
		}
	}
	for _, p := range phones {
		p.endpoint.SetHandler(p)
	}
	close(quit)
	group.Wait()
	for len(b.events) > 0 {
		<-b.events
	}
	defer func() {
		if t.Failed() {
			t.Logf("calls that are left: %v", b.snapshot("1001", "1002", "1003"))
		}
	}()
	phones[0].media += 1000 // tells this call from INVITEs that are still on their way
	b.established(phones[0], phones[1])
}

// sensible are the services for a line without call, with one that rings, with
// one, and with two.
var sensible = [4][]int{{0}, {7, 9, 10, 10}, {1, 1, 1, 5, 8, 10, 10, 9}, {2, 3, 3, 4, 6, 9, 10, 10}}

// any asks for a service, which makes sense as often as not.
func (b *bench) any(line, other string, choice int) {
	ctx, cancel := context.WithTimeout(b.t.Context(), waitLong)
	defer cancel()
	var active, held, alerting, stuck *ctiv1.ConnectionID
	for _, c := range b.snapshot(line) {
		switch c.GetLocalConnectionState() {
		case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_HOLD:
			held = c.GetConnection()
		case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_ALERTING:
			alerting = c.GetConnection()
		case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_CONNECTED:
			active = c.GetConnection()
		default:
			stuck = c.GetConnection()
		}
	}
	of := 0
	switch {
	case held != nil:
		of = 3
	case active != nil:
		of = 2
	case alerting != nil:
		of = 1
	case stuck != nil:
		of, active = 1, stuck
	}
	service := choice % 10
	if choice < 80 {
		service = sensible[of][choice%len(sensible[of])]
	}
	switch service {
	case 0:
		_, _ = b.client.MakeCall(ctx, &phonecontrolv1.MakeCallRequest{
			Target: "cme", CallingDevice: line, CalledDirectoryNumber: other, AutoOriginate: doNotPrompt,
		})
	case 1:
		_, _ = b.client.ConsultationCall(ctx, &phonecontrolv1.ConsultationCallRequest{Target: "cme", ExistingCall: active, ConsultedDevice: other})
	case 2:
		_, _ = b.client.TransferCall(ctx, &phonecontrolv1.TransferCallRequest{Target: "cme", HeldCall: held, ActiveCall: active})
	case 3:
		_, _ = b.client.AlternateCall(ctx, &phonecontrolv1.AlternateCallRequest{Target: "cme", HeldCall: held, ActiveCall: active})
	case 4:
		_, _ = b.client.ReconnectCall(ctx, &phonecontrolv1.ReconnectCallRequest{Target: "cme", HeldCall: held, ActiveCall: active})
	case 5:
		_, _ = b.client.HoldCall(ctx, &phonecontrolv1.HoldCallRequest{Target: "cme", CallToBeHeld: active})
	case 6:
		_, _ = b.client.RetrieveCall(ctx, &phonecontrolv1.RetrieveCallRequest{Target: "cme", CallToBeRetrieved: held})
	case 7:
		_, _ = b.client.DeflectCall(ctx, &phonecontrolv1.DeflectCallRequest{Target: "cme", CallToBeDiverted: alerting, NewDestination: other})
	case 8:
		_, _ = b.client.SingleStepTransferCall(ctx, &phonecontrolv1.SingleStepTransferCallRequest{Target: "cme", ActiveCall: active, TransferredTo: other})
	case 9:
		_, _ = b.client.ClearConnection(ctx, &phonecontrolv1.ClearConnectionRequest{Target: "cme", ConnectionToBeCleared: active})
	}
}

func (b *bench) snapshot(lines ...string) []*phonecontrolv1.SnapshotConnection {
	var connections []*phonecontrolv1.SnapshotConnection
	for _, line := range lines {
		snapshot, err := b.client.SnapshotDevice(b.t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "cme", SnapshotObject: line})
		if err != nil {
			b.t.Error(err)
		}
		connections = append(connections, snapshot.GetConnections()...)
	}
	return connections
}

// busy ends a call that is left, and reports whether there was one.
func (b *bench) busy(users []*restless) bool {
	left := b.snapshot("1001", "1002", "1003")
	for _, c := range left {
		_, _ = b.client.ClearCall(b.t.Context(), &phonecontrolv1.ClearCallRequest{Target: "cme", CallToBeCleared: c.GetConnection()})
	}
	for _, user := range users {
		user.mu.Lock()
		dialogs := len(user.dialogs) + user.dialling
		user.mu.Unlock()
		if dialogs > 0 {
			return true
		}
	}
	return len(left) > 0
}
