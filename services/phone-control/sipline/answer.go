// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// answering is how a ringing phone is being made to answer.
type answering uint8

const (
	answerNone answering = iota
	// answerByTalk: NOTIFY with Event: talk was sent.
	answerByTalk
	// answerByResend: the call was taken back and is sent again with the
	// headers that make the phone pick up by itself.
	answerByResend
)

// pickUp makes a ringing phone of the leg answer (AnswerCall): the first that
// can be told to.
func (d *Driver) pickUp(c callmodel.Answer) {
	l, ok := d.legs[c.Leg]
	if !ok {
		return
	}
	if l.state == legRinging && l.tx == nil {
		for _, b := range l.branches {
			if b.pickUp() {
				return
			}
		}
	}
	l.commandFailed(callmodel.AnswerCommand, &errCantAnswer)
}

// pickUp makes the branch's phone answer. It reports false where the phone has
// no way to be told; a refusal of the phone is told later.
func (b *branch) pickUp() bool {
	if b.state != legRinging || b.dialog == nil || b.answering != answerNone {
		return false
	}
	switch answerMethod(b.device, b.allowsTalk) {
	case configv1.AnswerMethod_ANSWER_METHOD_NOTIFY_TALK:
		b.answering = answerByTalk
		b.send(sipstack.RequestSpec{
			Method: "NOTIFY",
			Headers: []sipstack.Header{
				sipstack.NewHeader("Event", "talk"),
				sipstack.NewHeader("Subscription-State", "active"),
			},
			KeepOnTimeout: true,
		}, func(r reply) {
			if !r.ok() && b.answering == answerByTalk {
				b.answering = answerNone
				b.leg.commandFailed(callmodel.AnswerCommand, &errCantAnswer)
			}
		})
		return true
	case configv1.AnswerMethod_ANSWER_METHOD_AUTO_ANSWER_HEADER:
		b.answering = answerByResend
		b.dialog.Cancel()
		return true
	default:
		return false
	}
}

// resend rings the phone again, asking it to answer by itself. The caller and
// the call model see one call that keeps ringing.
func (b *branch) resend() {
	l := b.leg
	b.drop()
	again := &branch{
		leg: l, binding: b.binding, others: b.others, device: b.device,
		allowsTalk: b.allowsTalk, allowsUpdate: b.allowsUpdate, state: legRinging,
	}
	l.branches = append(l.branches, again)
	l.ring.autoAnswer = true
	again.invite()
}

// answerMethod is how a phone can be made to answer. What the configuration
// says is stronger than what the phone announces.
func answerMethod(device *targetconfig.Device, allowsTalk bool) configv1.AnswerMethod {
	method := configv1.AnswerMethod_ANSWER_METHOD_AUTO
	if device != nil {
		method = device.GetAnswer()
	}
	switch method {
	case configv1.AnswerMethod_ANSWER_METHOD_UNSPECIFIED, configv1.AnswerMethod_ANSWER_METHOD_AUTO:
		if allowsTalk {
			return configv1.AnswerMethod_ANSWER_METHOD_NOTIFY_TALK
		}
		return configv1.AnswerMethod_ANSWER_METHOD_NONE
	default:
	}
	return method
}
