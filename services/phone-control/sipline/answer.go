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

// errCantAnswer is the negative answer for a phone that has no way to be told
// to answer, or refused.
var errCantAnswer = callmodel.Error{
	Category: "operation", Value: "requestIncompatibleWithDevice", Detail: "the phone can't be made to answer",
}

// pickUp makes the leg's ringing phone answer (AnswerCall). It reports false
// where the phone has no way to be told; a refusal of the phone is told later.
func (l *leg) pickUp() bool {
	if l.state != legRinging || l.tx != nil || l.dialog == nil || l.answering != answerNone {
		return false
	}
	switch answerMethod(l.device, l.allowsTalk) {
	case configv1.AnswerMethod_ANSWER_METHOD_NOTIFY_TALK:
		l.answering = answerByTalk
		l.send(sipstack.RequestSpec{
			Method: "NOTIFY",
			Headers: []sipstack.Header{
				sipstack.NewHeader("Event", "talk"),
				sipstack.NewHeader("Subscription-State", "active"),
			},
			KeepOnTimeout: true,
		}, func(r reply) {
			if !r.ok() && l.answering == answerByTalk {
				l.answering = answerNone
				l.driver.commandFailed(l, errCantAnswer)
			}
		})
		return true
	case configv1.AnswerMethod_ANSWER_METHOD_AUTO_ANSWER_HEADER:
		l.answering = answerByResend
		l.dialog.Cancel()
		return true
	default:
		return false
	}
}

// resend rings the phone again, asking it to answer by itself. The caller and
// the call model see one call that keeps ringing.
func (l *leg) resend() {
	l.answering = answerNone
	l.ring.autoAnswer = true
	l.early = nil
	l.state = legRinging
	l.invite()
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
