// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"errors"
	"fmt"
	"time"

	"offhook.dev/services/skinny"
)

// obey does what the server says.
func (p *Phone) obey(l *link, message skinny.Message) error {
	switch m := message.(type) {
	case *skinny.RegisterTokenAck:
		if l.step == stepToken {
			return p.register(l)
		}
	case *skinny.RegisterTokenReject:
		l.tokenWait = time.Duration(min(m.WaitSeconds, maxTokenWait)) * time.Second
		return errTokenWait
	case *skinny.RegisterReject:
		reason := skinny.Readable(m.Text)
		p.change(func(s *screen) { s.rejected = reason })
		return fmt.Errorf("%w: %s", ErrRejected, reason)
	case *skinny.RegisterAck:
		return p.acknowledged(l, m)
	case *skinny.KeepAliveAck:
		l.unanswered = 0
		p.change(func(s *screen) { s.keepAlives++ })
	case *skinny.UnregisterAck:
		if l.leaving {
			return errGone
		}
	case *skinny.Reset:
		l.reset = m.Kind
		return p.resetWhenIdle(l)
	case *skinny.CapabilitiesReq:
		return p.send(&skinny.CapabilitiesRes{Capabilities: p.capabilities()})
	case *skinny.VersionRes, *skinny.ServerRes, *skinny.UserToDeviceData, *skinny.SubscriptionStat,
		*skinny.Notification, *skinny.MWIResponse:
	default:
		if done, err := p.obeyMedia(message); done || err != nil {
			return err
		}
		return p.obeyScreen(l, message)
	}
	return nil
}

// maxTokenWait in seconds is a day.
const maxTokenWait = 24 * 60 * 60

func (p *Phone) obeyScreen(l *link, message skinny.Message) error {
	known := true
	var reports []Report
	p.change(func(s *screen) {
		known = s.obeyDisplay(message) || s.obeyCalls(message) || s.obeyLayout(message)
		if !known {
			s.fault("message %s that a phone does not know", message.ID())
		}
		reports = s.toReport(message)
	})
	for _, report := range reports {
		p.tell(report)
	}
	if state, ok := message.(*skinny.CallState); ok {
		switch state.State {
		case skinny.StateRingIn, skinny.StateCallWaiting:
			if p.options.AnswerAfter > 0 && l.answerAt.IsZero() {
				l.answerAt = time.Now().Add(p.options.AnswerAfter)
			}
		case skinny.StateOnHook:
			return p.resetWhenIdle(l)
		default:
		}
	}
	return p.advance(l, message)
}

// change changes what is shown and wakes those who wait for it.
func (p *Phone) change(do func(*screen)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	do(&p.screen)
	p.notify()
}

func (p *Phone) fault(format string, arguments ...any) {
	p.change(func(s *screen) { s.fault(format, arguments...) })
}

// answerAgain is how long after a call rings its key is looked for again.
const answerAgain = 20 * time.Millisecond

// answerRinging presses Answer of the oldest call that rings.
func (p *Phone) answerRinging(l *link, now time.Time) {
	call, rings := p.Snapshot().CallIn(skinny.StateRingIn, skinny.StateCallWaiting)
	if !rings {
		return
	}
	if err := p.PressSoftKey(skinny.KeyAnswer, call.Call); errors.Is(err, ErrKeyNotOffered) {
		l.answerAt = now.Add(answerAgain)
	}
}
