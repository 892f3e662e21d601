// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/registrar"
)

func wantState(t *testing.T, m message, state string) {
	t.Helper()
	if got := m.header.Get("Subscription-State"); !strings.HasPrefix(got, state) {
		t.Errorf("Subscription-State %q, want %q", got, state)
	}
}

func TestMessageSummary(t *testing.T) {
	b := newBed(t, Limits{})
	p := b.phone("1001")
	p.write("1001", "message-summary", "")
	if res := p.final(); res.code() != 401 {
		t.Fatalf("SUBSCRIBE without password: %s, want 401", res.start)
	}
	first := p.subscribed("1001", "message-summary;id=7", "Expires: 600")
	wantState(t, first, "active;expires=600")
	const none = "Messages-Waiting: no\r\nMessage-Account: sip:1001@pbx.test\r\nVoice-Message: 0/0 (0/0)\r\n"
	if first.body != none || first.header.Get("Content-Type") != "application/simple-message-summary" || first.header.Get("Event") != "message-summary;id=7" {
		t.Errorf("first NOTIFY: %+v", first)
	}
	b.lines.setMessages("1001", MessageWaiting{On: true, New: 2, Old: 8})
	b.registry.Changed("1001", KindMessageWaiting)
	const some = "Messages-Waiting: yes\r\nMessage-Account: sip:1001@pbx.test\r\nVoice-Message: 2/8 (0/0)\r\n"
	if second := p.notified(); second.body != some {
		t.Errorf("NOTIFY after the change: %q", second.body)
	}
	// A change that changes nothing and one of another line are not told.
	b.registry.Changed("1001", KindMessageWaiting)
	b.registry.Changed("1002", KindMessageWaiting)
	b.lines.setMessages("1001", MessageWaiting{On: true})
	b.registry.Changed("1001", KindMessageWaiting)
	if third := p.notified(); strings.Contains(third.body, "Voice-Message") || !strings.Contains(third.body, "Messages-Waiting: yes") {
		t.Errorf("NOTIFY of messages that nobody counts: %q", third.body)
	}
	if res := p.subscribe("1001", "message-summary;id=7", "", "Expires: 0"); res.code() != 200 || res.header.Get("Expires") != "0" {
		t.Errorf("unsubscribe: %s, Expires %q", res.start, res.header.Get("Expires"))
	}
	wantState(t, p.notified(), "terminated;reason=timeout")
	b.empty()
}

func TestDialogLamps(t *testing.T) {
	b := newBed(t, Limits{})
	b.lines.setCalls("1002", Call{ID: "c1", State: CallEarly, RemoteNumber: "1003", RemoteName: `Eve & "Co"`})
	p := b.phone("1001")
	first := p.subscribed("1002", "dialog", "Accept: application/dialog-info+xml")
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="%d" state="%s" entity="sip:1002@pbx.test">`
	const local = `<local><identity>sip:1002@pbx.test</identity><target uri="sip:1002@pbx.test"/></local>`
	const remote = `<remote><identity display="Eve &amp; &#34;Co&#34;">sip:1003@pbx.test</identity><target uri="sip:1003@pbx.test"/></remote>`
	check := func(m message, version int, state, dialogs string) {
		t.Helper()
		if want := fmt.Sprintf(head, version, state) + dialogs + "</dialog-info>\r\n"; m.body != want {
			t.Errorf("NOTIFY\n%s\nwant\n%s", m.body, want)
		}
	}
	check(first, 0, "full", `<dialog id="c1" direction="recipient"><state>early</state>`+local+remote+"</dialog>")

	b.lines.setCalls("1002",
		Call{ID: "c1", State: CallConfirmed, Held: true, RemoteNumber: "1003"},
		Call{ID: "c2", State: CallTrying, Initiator: true, CallID: "x@y", LocalTag: "l", RemoteTag: "r"})
	b.registry.Changed("1002", KindCalls)
	check(p.notified(), 1, "partial", `<dialog id="c1" direction="recipient"><state>confirmed</state>`+
		`<local><identity>sip:1002@pbx.test</identity><target uri="sip:1002@pbx.test"><param pname="+sip.rendering" pvalue="no"/></target></local>`+
		`<remote><identity>sip:1003@pbx.test</identity><target uri="sip:1003@pbx.test"/></remote></dialog>`+
		`<dialog id="c2" call-id="x@y" local-tag="l" remote-tag="r" direction="initiator"><state>trying</state>`+local+"</dialog>")

	b.lines.setCalls("1002", Call{ID: "c2", State: CallTerminated})
	b.registry.Changed("1002", KindCalls)
	check(p.notified(), 2, "partial", `<dialog id="c1"><state>terminated</state></dialog><dialog id="c2"><state>terminated</state></dialog>`)

	if res := p.subscribe("1002", "dialog", ""); res.code() != 200 {
		t.Fatalf("refresh: %s", res.start)
	}
	check(p.notified(), 3, "full", "")
}

func TestFeatureKeys(t *testing.T) {
	b := newBed(t, Limits{})
	p := b.phone("1001")
	first := p.subscribed("1001", "as-feature-event", "Accept: application/x-as-feature-event+xml")
	if !strings.HasPrefix(first.header.Get("Content-Type"), "multipart/mixed;boundary=") {
		t.Fatalf("first NOTIFY is %s", first.header.Get("Content-Type"))
	}
	for _, want := range []string{
		"<device>1001</device><forwardingType>forwardImmediate</forwardingType><forwardStatus>false</forwardStatus></ForwardingEvent>",
		"<forwardingType>forwardBusy</forwardingType>", "<forwardingType>forwardNoAns</forwardingType>",
		"<device>1001</device><doNotDisturbOn>false</doNotDisturbOn></DoNotDisturbEvent>",
	} {
		if !strings.Contains(first.body, want) {
			t.Errorf("first NOTIFY has no %s:\n%s", want, first.body)
		}
	}

	set := func(body string) message {
		t.Helper()
		if res := p.subscribe("1001", "as-feature-event", body); res.code() != 200 {
			t.Fatalf("SUBSCRIBE with %s: %s", body, res.start)
		}
		return p.notified()
	}
	const ns = ` xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3"`
	on := set(`<?xml version="1.0" encoding="ISO-8859-1"?><SetDoNotDisturb` + ns + `><device>whatever</device><doNotDisturbOn>true</doNotDisturbOn></SetDoNotDisturb>`)
	if on.header.Get("Content-Type") != "application/x-as-feature-event+xml" || !strings.HasSuffix(on.body, "<device>1001</device><doNotDisturbOn>true</doNotDisturbOn></DoNotDisturbEvent>") {
		t.Errorf("confirmation: %+v", on)
	}
	// BroadSoft's order, and no device.
	forward := set(`<SetForwarding` + ns + `><activateForward>true</activateForward><forwardingType>forwardNoAns</forwardingType><forwardDN>sip:1002@pbx.test</forwardDN><ringCount>4</ringCount></SetForwarding>`)
	if !strings.HasSuffix(forward.body, "<forwardingType>forwardNoAns</forwardingType><forwardStatus>true</forwardStatus><forwardTo>1002</forwardTo><ringCount>4</ringCount></ForwardingEvent>") {
		t.Errorf("confirmation: %s", forward.body)
	}
	if got := b.lines.Features(t.Context(), "1001"); !got.DoNotDisturb || len(got.Forwardings) != 1 || got.Forwardings[0] != (Forwarding{"forwardNoAns", true, "1002", 4}) {
		t.Errorf("features %+v", got)
	}
	// Set to what it is, or refused: the phone is told the truth all the same.
	b.lines.mu.Lock()
	b.lines.refuse = true
	b.lines.mu.Unlock()
	if again := set(`<SetDoNotDisturb` + ns + `><doNotDisturbOn>false</doNotDisturbOn></SetDoNotDisturb>`); !strings.Contains(again.body, "<doNotDisturbOn>true</doNotDisturbOn>") {
		t.Errorf("after a refusal: %s", again.body)
	}
	// Set by an application: both phones hear of that feature only.
	b.lines.mu.Lock()
	b.lines.features["1001"] = Features{DoNotDisturb: false, Forwardings: b.lines.features["1001"].Forwardings}
	b.lines.mu.Unlock()
	b.registry.Changed("1001", KindFeatures)
	if told := p.notified(); !strings.Contains(told.body, "<doNotDisturbOn>false</doNotDisturbOn>") || strings.Contains(told.body, "ForwardingEvent") {
		t.Errorf("after an application's change: %s", told.body)
	}
	for body, code := range map[string]int{
		"<SetDoNotDisturb": 400, `<SetDoNotDisturb` + ns + `/>`: 400, `<SetAgentState` + ns + `><device/><requestedAgentState>ready</requestedAgentState></SetAgentState>`: 501,
		`<Nonsense` + ns + `/>`: 501, `<SetForwarding` + ns + `><activateForward>true</activateForward><forwardingType>forwardDND</forwardingType></SetForwarding>`: 501,
		strings.Repeat(" ", maxBody+1): 413,
	} {
		if res := p.subscribe("1001", "as-feature-event", body); res.code() != code {
			t.Errorf("%.60s: %s, want %d", body, res.start, code)
		}
	}
}

func TestRefusedSubscriptions(t *testing.T) {
	b := newBed(t, Limits{PerDevice: 1})
	for _, c := range []struct {
		name, resource, event string
		headers               []string
		code                  int
		header, value         string
	}{
		{"unknown package", "1001", "presence", nil, 489, "Allow-Events", AllowEvents},
		{"unknown line", "1009", "dialog", nil, 404, "", ""},
		{"line that may not be watched", "1003", "dialog", nil, 403, "", ""},
		{"another's features", "1002", "as-feature-event", nil, 403, "", ""},
		{"another's messages", "1002", "message-summary", nil, 403, "", ""},
		{"too brief", "1001", "dialog", []string{"Expires: 30"}, 423, "Min-Expires", "60"},
		{"other media type", "1001", "dialog", []string{"Accept: application/pidf+xml"}, 406, "", ""},
		{"extension", "1001", "dialog", []string{"Require: eventlist"}, 420, "Unsupported", "eventlist"},
	} {
		res := b.phone("1001").subscribe(c.resource, c.event, "", c.headers...)
		if res.code() != c.code || c.header != "" && res.header.Get(c.header) != c.value {
			t.Errorf("%s: %s, %s %q; want %d with %q", c.name, res.start, c.header, res.header.Get(c.header), c.code, c.value)
		}
	}
	if b.registry.Len() != 0 {
		t.Errorf("%d subscriptions are held", b.registry.Len())
	}
	b.phone("1001").subscribed("1001", "dialog")
	if res := b.phone("1001").subscribe("1002", "dialog", ""); res.code() != 403 {
		t.Errorf("one more than allowed: %s, want 403", res.start)
	}
	stranger := b.phone("1001")
	stranger.toTag, stranger.contact = "old", "sip:1001@"+b.address
	stranger.write("1001", "dialog", "")
	if res := stranger.final(); res.code() != 481 {
		t.Errorf("refresh of a subscription that is not known: %s, want 481", res.start)
	}
}

func TestPhonesOwnNumberOrVoiceMail(t *testing.T) {
	b := newBed(t, Limits{})
	b.lines.setMessages("1001", MessageWaiting{On: true, New: 1})
	for _, resource := range []string{"1001", "phone1001", "8500"} {
		if first := b.phone("1001").subscribed(resource, "message-summary"); !strings.Contains(first.body, "Voice-Message: 1/0") {
			t.Errorf("%s: %q", resource, first.body)
		}
	}
}

// TestPhoneThatSubscribesAgain: a phone that lost its memory, or loops, holds
// one subscription.
func TestPhoneThatSubscribesAgain(t *testing.T) {
	b := newBed(t, Limits{})
	p := b.phone("1001")
	for i := range 5 {
		p.callID, p.toTag, p.cseq = fmt.Sprintf("again-%d", i), "", 0
		p.subscribed("1001", "message-summary")
	}
	if n := b.registry.Len(); n != 1 {
		t.Errorf("%d subscriptions are held, want 1", n)
	}
}

func TestLoopingPhoneIsSlowedDown(t *testing.T) {
	b := newBed(t, Limits{RequestsPerSecond: 0.001, Burst: 2})
	for range 2 {
		b.phone("1001").subscribed("1001", "message-summary")
	}
	if res := b.phone("1001").subscribe("1001", "message-summary", ""); res.code() != 503 || res.header.Get("Retry-After") == "" {
		t.Errorf("SUBSCRIBE over the limit: %s, want 503 with Retry-After", res.start)
	}
	b.phone("1002").subscribed("1002", "message-summary")
}

func TestSubscriptionRunsOut(t *testing.T) {
	b := newBed(t, Limits{MinExpires: time.Second})
	p := b.phone("1001")
	p.subscribed("1001", "dialog", "Expires: 1")
	wantState(t, p.notified(), "terminated;reason=timeout")
	b.empty()
}

func TestFetch(t *testing.T) {
	b := newBed(t, Limits{})
	once := b.phone("1001").subscribed("1002", "dialog", "Expires: 0")
	wantState(t, once, "terminated;reason=timeout")
	if !strings.Contains(once.body, `state="full"`) {
		t.Errorf("NOTIFY: %s", once.body)
	}
	b.empty()
}

func TestPhoneThatKnowsNoSubscription(t *testing.T) {
	for _, code := range []int{481, 489, 405} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			b := newBed(t, Limits{})
			p := b.phone("1001")
			p.answer = code
			p.subscribed("1001", "dialog")
			b.empty()
		})
	}
}

func TestShutdownTellsPhonesToSubscribeAnew(t *testing.T) {
	b := newBed(t, Limits{})
	p := b.phone("1001")
	p.subscribed("1002", "dialog")
	b.stop()
	wantState(t, p.notified(), "terminated;reason=deactivated")
	if res := b.phone("1001").subscribe("1002", "dialog", ""); res.code() != 503 {
		t.Errorf("SUBSCRIBE after the end: %s, want 503", res.start)
	}
}

func TestReconfigureEndsWhatIsAllowedNoLonger(t *testing.T) {
	b := newBed(t, Limits{})
	watcher, owner := b.phone("1001"), b.phone("1002")
	watcher.subscribed("1002", "dialog")
	owner.subscribed("1002", "dialog")
	b.mu.Lock()
	b.target = target(t, func(c *configv1.TargetConfig) { c.Lines[1].Watch = false })
	b.mu.Unlock()
	b.registry.Reconfigure()
	wantState(t, watcher.notified(), "terminated;reason=rejected")
	b.mu.Lock()
	b.target = target(t, func(c *configv1.TargetConfig) { c.Lines = c.Lines[2:] })
	b.mu.Unlock()
	b.registry.Reconfigure()
	wantState(t, owner.notified(), "terminated;reason=rejected")
	b.empty()
}

// TestUnaskedSummary: a phone that is registered and has not subscribed is told
// of its messages, once it said no never again, and one that subscribed not.
func TestUnaskedSummary(t *testing.T) {
	b := newBed(t, Limits{})
	listen := func(answer int) (*phone, registrar.Binding) {
		p := b.phone("1001")
		p.answer = answer
		host, port, _ := net.SplitHostPort(p.conn.LocalAddr().String())
		return p, registrar.Binding{Line: "1001", Device: "phone1001", Contact: "sip:1001@" + host + ":" + port, CallID: p.callID}
	}
	taking, first := listen(200)
	deaf, second := listen(481)
	subscriber, third := listen(200)
	third.Device = "phone1002"
	b.registry.table.watchers[watched{MessageSummary, "1001"}] = map[*Subscription]struct{}{{Device: "phone1002"}: {}}
	b.mu.Lock()
	b.phones = []registrar.Binding{first, second, third}
	b.mu.Unlock()

	b.lines.setMessages("1001", MessageWaiting{On: true, New: 3})
	b.registry.Registered("1001")
	told := taking.notified()
	if !strings.Contains(told.body, "Voice-Message: 3/0") || told.header.Get("Event") != "message-summary" {
		t.Errorf("NOTIFY unasked: %+v", told)
	}
	deaf.notified()
	eventually(t, "the phone that said no is remembered", func() bool {
		b.registry.mu.Lock()
		defer b.registry.mu.Unlock()
		return len(b.registry.deaf) == 1
	})
	b.lines.setMessages("1001", MessageWaiting{})
	b.registry.Registered("1001")
	if told := taking.notified(); !strings.Contains(told.body, "Messages-Waiting: no") {
		t.Errorf("NOTIFY unasked: %s", told.body)
	}
	for name, p := range map[string]*phone{"deaf": deaf, "subscriber": subscriber} {
		_ = p.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if n, err := p.conn.Read(make([]byte, 2000)); err == nil {
			t.Errorf("the %s phone got %d bytes", name, n)
		}
	}
}
