// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/sipline/media"
)

// mediaPoint is where a leg's media ends if that is no other leg: nowhere, or a
// port of the mixer. Points are compared: the same one for another purpose
// needs no word to the phone. A point belongs to one leg and to the target's
// goroutine; its methods do not block.
type mediaPoint interface {
	// Offer describes the point for an offer to the phone.
	Offer() ([]byte, error)
	// Answer answers an offer of the phone.
	Answer(offer []byte) ([]byte, error)
	// Answered takes the phone's answer to the last Offer.
	Answered(answer []byte) error
	// Serve begins what the point is for, once the phone's media ends there, and
	// again with each SetMedia after that.
	Serve(callmodel.Media) error
	// Leave ends it: the phone's media have gone elsewhere, or the leg is gone.
	Leave()
}

// silence is the point of a leg that has no media either way.
type silence struct{ leg *leg }

var _ mediaPoint = silence{}

// Offer implements mediaPoint: what the phone was given last, inactive.
func (s silence) Offer() ([]byte, error) {
	if s.leg.local == nil {
		return media.SilentOffer(s.leg.driver.address), nil
	}
	return media.WithDirection(s.leg.local, media.Inactive)
}

// Answer implements mediaPoint. The codec is that of the media that was, where
// there was any.
func (s silence) Answer(offer []byte) ([]byte, error) {
	address := s.leg.driver.address
	if s.leg.local != nil {
		if answer, err := media.Answer(offer, s.leg.local, media.Inactive, address); err == nil {
			return answer, nil
		}
	}
	return media.SilentAnswer(offer, address)
}

// Answered implements mediaPoint.
func (silence) Answered([]byte) error { return nil }

// Serve implements mediaPoint.
func (silence) Serve(callmodel.Media) error { return nil }

// Leave implements mediaPoint.
func (silence) Leave() {}
