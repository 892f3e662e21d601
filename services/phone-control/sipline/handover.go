// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// handOverVersion is that of the saved form; fields are only added.
const handOverVersion = 1

// savedLegs are the legs of a driver as another one goes on with them.
type savedLegs struct {
	Version int
	Legs    []savedLeg
	// Ended are legs whose phones hung up in the last moment.
	Ended     []callmodel.LegID `json:",omitempty"`
	LastOrder uint64
	LastRefer callmodel.ReferID `json:",omitempty"`
}

// savedLeg is a leg that is up. Its media run to With, to nowhere, or to the
// mixer, whose port is another one at the next replica.
type savedLeg struct {
	ID            callmodel.LegID
	Party         callmodel.Party
	Told          callmodel.DeviceID `json:",omitempty"`
	Local, Remote []byte             `json:",omitempty"`
	HandHeld      bool               `json:",omitempty"`
	Origin        savedOrigin
	Wanted        callmodel.Media
	Asked         bool            `json:",omitempty"`
	Order         uint64          `json:",omitempty"`
	Outcome       mediaOutcome    `json:",omitempty"`
	With          callmodel.LegID `json:",omitempty"`
	Silent        bool            `json:",omitempty"`
	RefreshBody   []byte          `json:",omitempty"`
	Branch        savedBranch
}

type savedOrigin struct {
	ID, Version uint64
	Address     string
}

type savedBranch struct {
	Dialog sipstack.DialogState
	// Username of the device; empty: the configuration knows none.
	Username     string            `json:",omitempty"`
	Binding      registrar.Binding `json:",omitzero"`
	Trunk        bool              `json:",omitempty"`
	Early        []byte            `json:",omitempty"`
	AllowsUpdate bool              `json:",omitempty"`
	AllowsTalk   bool              `json:",omitempty"`
	RefusesInfo  bool              `json:",omitempty"`
}

// Quiet implements control.HandingOver: every phone is in calls that are up, and
// neither side waits for the other.
func (d *Driver) Quiet() bool {
	for _, l := range d.legs {
		if !l.quiet() {
			return false
		}
	}
	return len(d.dialled) == 0
}

func (l *leg) quiet() bool {
	return l.state == legUp && l.branch != nil && l.branch.dialog != nil && l.branch.dialog.Confirmed() && len(l.branch.exchanges) == 0 &&
		!l.busy && !l.ackDue && !l.undecided && !l.transferring && l.refers == nil && l.open == nil && len(l.dialling) == 0 && l.tx == nil
}

// Export implements control.HandingOver. A leg that waits for its phone in the
// midst of an exchange goes as it is.
func (d *Driver) Export() ([]byte, error) {
	d.gateway.remove(d) // the next owner hears what phones say from now on
	s := savedLegs{Version: handOverVersion, LastOrder: d.lastOrder, LastRefer: d.lastRefer}
	for _, id := range slices.Sorted(maps.Keys(d.legs)) {
		l := d.legs[id]
		if l.state != legUp || l.branch == nil || l.branch.dialog == nil {
			continue
		}
		dialog, there := l.branch.dialog.TakeOut(retryAfter)
		if !there {
			s.Ended = append(s.Ended, id)
			continue
		}
		s.Legs = append(s.Legs, l.save(dialog))
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("save legs: %w", err)
	}
	return text, nil
}

// save gives the leg's state, whose dialog was taken out of the endpoint.
func (l *leg) save(dialog sipstack.DialogState) savedLeg {
	b := l.branch
	s := savedLeg{
		ID: l.id, Party: l.party, Told: l.told, Local: l.local, Remote: l.remote, HandHeld: l.handHeld,
		Wanted: l.wanted, Asked: l.asked, Order: l.order, Outcome: l.outcome,
		Branch: savedBranch{
			Dialog: dialog, Binding: b.binding, Trunk: b.trunk != nil, Early: b.early,
			AllowsUpdate: b.allowsUpdate, AllowsTalk: b.allowsTalk, RefusesInfo: b.refusesInfo,
		},
	}
	s.Origin.ID, s.Origin.Version = l.origin.State()
	s.Origin.Address = l.driver.address
	s.Branch.Binding.Source, s.Branch.Dialog.Flow = nil, sipstack.Flow{}
	if b.device != nil {
		s.Branch.Username = b.device.GetUsername()
	}
	if l.with != nil && l.relay == nil {
		s.With = l.with.id
	}
	_, s.Silent = l.point.(silence)
	if body := l.refreshBody.Load(); body != nil {
		s.RefreshBody = *body
	}
	return s
}

// Import implements control.HandingOver. Media from phone to phone stay as they
// are; those that ended at the mixer are offered a port of this one.
func (d *Driver) Import(state []byte) ([]callmodel.LegID, error) {
	var s savedLegs
	if err := json.Unmarshal(state, &s); err != nil {
		return nil, fmt.Errorf("read legs: %w", err)
	}
	if s.Version != handOverVersion {
		return nil, fmt.Errorf("legs are in version %d, known is %d", s.Version, handOverVersion)
	}
	d.lastOrder, d.lastRefer = s.LastOrder, s.LastRefer
	var failed []error
	for _, saved := range s.Legs {
		if err := d.restore(saved); err != nil {
			failed = append(failed, fmt.Errorf("leg %d: %w", saved.ID, err))
		}
	}
	for _, saved := range s.Legs {
		l, far := d.legs[saved.ID], d.legs[saved.With]
		switch {
		case l == nil:
		case far != nil && saved.With != 0:
			l.with = far
		case saved.Silent:
			l.point = silence{l}
		default: // once everything runs
			l.outcome = mediaPending // the port that served them is gone
			d.loop.Due(l.settle)
		}
	}
	for _, id := range s.Ended {
		d.loop.Indicate(callmodel.LegEnded{Leg: id, Cause: callmodel.CauseNormalClearing})
	}
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(d.legs)), s.Ended...))), errors.Join(failed...)
}

func (d *Driver) restore(s savedLeg) error {
	l := d.newLeg()
	l.state, l.party, l.told, l.local, l.remote, l.handHeld = legUp, s.Party, s.Told, s.Local, s.Remote, s.HandHeld
	l.wanted, l.asked, l.order, l.outcome = s.Wanted, s.Asked, s.Order, s.Outcome
	l.origin = media.ResumeOrigin(s.Origin.ID, s.Origin.Version, s.Origin.Address)
	if s.RefreshBody != nil {
		l.refreshBody.Store(&s.RefreshBody)
	}
	b := &branch{
		leg: l, state: legUp, binding: s.Branch.Binding, early: s.Branch.Early,
		allowsUpdate: s.Branch.AllowsUpdate, allowsTalk: s.Branch.AllowsTalk, refusesInfo: s.Branch.RefusesInfo,
	}
	b.device, _ = d.config().Device(s.Branch.Username)
	if s.Branch.Trunk {
		b.trunk = &trunkCall{proceeded: true, rang: true}
	}
	l.branch = b
	dialog := s.Branch.Dialog
	dialog.LocalContact = d.contactLike(dialog.LocalContact)
	var err error
	if b.dialog, err = d.endpoint.RestoreDialog(dialog, b); err != nil {
		return fmt.Errorf("restore dialog %s: %w", dialog.CallID, err)
	}
	d.add(l, s.ID)
	l.watch()
	return nil
}

// contactLike is the Contact of another replica with this one's address. Phones
// hear of it in the next request or response.
func (d *Driver) contactLike(contact string) string {
	there, err := sipstack.ParseNameAddr(contact)
	if err != nil {
		return contact
	}
	here := d.endpoint.LocalURI("tcp", there.URI.User)
	there.URI.Host, there.URI.Port = here.Host, here.Port
	return there.String()
}
