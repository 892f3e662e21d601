// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

// settle is the time between two looks at a line that a check leaves.
const settle = 20 * time.Millisecond

// trial is one run of one check.
type trial struct {
	ctx     context.Context //nolint:containedctx // of one run
	server  Server
	offered map[string]bool
	parties []*party
}

// party is an application with one session, for one line.
type party struct {
	*cstaclient.Session
	trial  *trial
	client *cstaclient.Client
	line   string
	// monitor on the line, empty without one.
	monitor csta.MonitorCrossRefID
	// begun says that the monitor has told of a call that is not ending.
	begun bool
}

// open opens the session of the i-th line.
func (t *trial) open(i int) (*party, error) {
	ctx, cancel := context.WithTimeout(t.ctx, t.server.Patience)
	defer cancel()
	client, err := cstaclient.New(ctx, cstaclient.Options{
		Server: t.server.Address, Transport: t.server.Transport, Product: "csta-conformance",
	})
	if err != nil {
		return nil, err
	}
	session, err := client.Open(ctx, cstaclient.SessionOptions{
		User: t.server.User, Password: t.server.Password, Domain: t.server.Domain,
		Line: t.server.Lines[i], Edition: t.server.Edition,
	})
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	p := &party{Session: session, trial: t, client: client, line: t.server.Lines[i]}
	t.parties = append(t.parties, p)
	return p, nil
}

// enter opens sessions for the first lines and monitors each line.
func (t *trial) enter(lines int) ([]*party, error) {
	for i := range lines {
		p, err := t.open(i)
		if err != nil {
			return nil, err
		}
		if p.monitor, err = p.MonitorStart(t.ctx, p.line); err != nil {
			return nil, err
		}
	}
	return t.parties, nil
}

// end clears what is left of calls, waits until the lines are free and closes
// the sessions.
func (t *trial) end() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), t.server.Patience)
	defer cancel()
	var failures []error
	for _, p := range t.parties {
		failures = append(failures, p.leaveCalls(ctx))
	}
	for _, p := range t.parties {
		failures = append(failures, p.Close(ctx), p.client.Close())
	}
	return errors.Join(failures...)
}

// leaveCalls clears the connections of the line until it has none.
func (p *party) leaveCalls(ctx context.Context) error {
	for {
		calls, err := p.SnapshotDevice(ctx, p.line)
		if err != nil || len(calls) == 0 {
			return nil //nolint:nilerr // the check says what its session can do
		}
		for _, call := range calls {
			_ = p.ClearConnection(ctx, call.ConnectionIdentifier)
		}
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return fmt.Errorf("%s: the calls of the check do not end: %w", p.line, ctx.Err())
		}
	}
}

// ask invokes a service and wants its positive response.
func ask[Response csta.Message](p *party, request csta.Message) (Response, error) {
	var none Response
	ctx, cancel := context.WithTimeout(p.trial.ctx, p.trial.server.Patience)
	defer cancel()
	answer, err := p.Invoke(ctx, request)
	if err != nil {
		return none, err
	}
	response, ok := answer.(Response)
	if !ok {
		return none, fmt.Errorf("%s is answered with %s", request.Element(), answer.Element())
	}
	return response, nil
}

// refused wants a negative response of one of the categories.
func (p *party) refused(request csta.Message, categories ...csta.ErrorCategory) error {
	ctx, cancel := context.WithTimeout(p.trial.ctx, p.trial.server.Patience)
	defer cancel()
	answer, err := p.Invoke(ctx, request)
	if err == nil {
		return fmt.Errorf("%s is answered with %s, want CSTAErrorCode", request.Element(), answer.Element())
	}
	negative, ok := errors.AsType[*cstaclient.ServiceError](err)
	if !ok {
		return fmt.Errorf("%s: %w, want CSTAErrorCode", request.Element(), err)
	}
	for _, category := range categories {
		if negative.Category == string(category) {
			return nil
		}
	}
	return fmt.Errorf("%s is refused with %s/%s, want one of %v", request.Element(), negative.Category, negative.Value, categories)
}

// told waits for an event of the party's monitor and gives it. Events that come
// before it are passed over where they may: those that servers report or not,
// those named before, and the end of a call that began before the monitor.
func (p *party) told(element string, before ...string) (csta.Event, error) {
	ctx, cancel := context.WithTimeout(p.trial.ctx, p.trial.server.Patience)
	defer cancel()
	for {
		select {
		case event := <-p.Events():
			switch {
			case event.CrossRef() != p.monitor, p.endsEarlier(event):
			case event.Element() == element:
				return event, nil
			case !optional(event) && !slices.Contains(before, event.Element()):
				return nil, fmt.Errorf("%s is told %s, want %s", p.line, event.Element(), element)
			}
		case <-p.Ended():
			return nil, fmt.Errorf("%s waits for %s: the session ended", p.line, element)
		case <-ctx.Done():
			return nil, fmt.Errorf("%s is not told %s", p.line, element)
		}
	}
}

// endsEarlier tells the end of a connection before the monitor has told of
// anything else: a check before this one cleared it, and a server may report
// that when the next check has begun.
func (p *party) endsEarlier(event csta.Event) bool {
	_, cleared := event.(*csta.ConnectionClearedEvent)
	p.begun = p.begun || !cleared
	return !p.begun
}

// toldAll waits for events in their order.
func (p *party) toldAll(elements ...string) error {
	for _, element := range elements {
		if _, err := p.told(element); err != nil {
			return err
		}
	}
	return nil
}

// optional tells events that a server may report besides those of a flow.
func optional(event csta.Event) bool {
	switch event.(type) {
	case *csta.ServiceInitiatedEvent, *csta.OfferedEvent, *csta.NetworkReachedEvent, *csta.CallInformationEvent,
		*csta.DigitsDialedEvent, *csta.HookswitchEvent, *csta.LampModeEvent, *csta.DisplayUpdatedEvent, *csta.RingerStatusEvent,
		*csta.QueuedEvent, *csta.CallClearedEvent:
		return true
	}
	return false
}

// offers asks what the server lists.
func offers(ctx context.Context, server Server) (map[string]bool, error) {
	t := &trial{ctx: ctx, server: server}
	p, err := t.open(0)
	if err != nil {
		return nil, err
	}
	features, err := p.GetCSTAFeatures(ctx)
	if closing := t.end(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	listed := make(map[string]bool)
	lists := reflect.ValueOf(features.SupportedServices)
	for _, field := range lists.Fields() {
		if list, ok := reflect.TypeAssert[csta.CapabilityList](field); ok {
			for _, name := range list.Names() {
				listed[name] = true
			}
		}
	}
	return listed, nil
}

// elementOf is the request of a service as GetCSTAFeatures names it; nil for
// one that this codec does not know.
func elementOf(capability string) csta.Message {
	switch capability {
	case "singleStepTransfer", "singleStepConference":
		capability += "Call"
	}
	return csta.NewMessage(strings.ToUpper(capability[:1]) + capability[1:])
}
