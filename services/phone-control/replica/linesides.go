// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"fmt"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/control"
	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/phone-control/simulated"
	"offhook.dev/services/phone-control/skinnyline"
	"offhook.dev/services/targetconfig"
)

// lineSides make the drivers of targets.
type lineSides struct {
	replica *Replica
	config  *Config
	deps    Dependencies
	skinny  *skinnyPhones
	sip     func(*targetconfig.Target, control.Loop) *sipPhones
}

// driver makes the driver that a target's configuration asks for: of SIP phones,
// of Skinny phones, of both, or of simulated ones.
func (s lineSides) driver(target *targetconfig.Target, loop control.Loop) (control.Driver, error) {
	switch driver := target.Config.GetDriver(); {
	case driver.GetSimulated() != nil:
		return simulated.New(target, loop), nil
	case driver.GetSipLine() != nil && driver.GetSkinny() != nil:
		return s.both(target, loop), nil
	case driver.GetSkinny() != nil:
		return s.skinnyPhones(target, loop), nil
	case driver.GetSipLine() != nil:
		return s.sip(target, loop), nil
	}
	return nil, fmt.Errorf("target %s: driver is not known to this version", target.Name)
}

func (s lineSides) skinnyPhones(target *targetconfig.Target, loop control.Loop) *skinnyline.Driver {
	options := skinnyline.Options{
		Target: target, Gateway: s.skinny.gateway, Latch: s.config.RTP.Latch, Logger: s.deps.Logger, Metrics: s.skinny.metrics,
	}
	if s.replica.mixer != nil {
		options.Mixer = s.replica.mixer
	}
	return skinnyline.New(options, loop)
}

// both makes two drivers that see each other.
func (s lineSides) both(target *targetconfig.Target, loop control.Loop) *lineside.Mux {
	mux := lineside.NewMux(loop.Indicate, skinnyline.FirstDialled)
	sip := s.sip(target, sideLoop{loop, mux.FromSIP})
	skinny := s.skinnyPhones(target, sideLoop{loop, mux.FromSkinny})
	sip.SetNeighbour(skinny)
	skinny.SetNeighbour(sip)
	mux.Serve(sip, skinny)
	return mux
}

// sideLoop is a target's loop as one of two drivers sees it.
type sideLoop struct {
	control.Loop
	indicate func(callmodel.Input)
}

// Indicate implements control.Loop.
func (l sideLoop) Indicate(input callmodel.Input) { l.indicate(input) }
