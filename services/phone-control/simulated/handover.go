// SPDX-License-Identifier: Apache-2.0

package simulated

import (
	"encoding/json"
	"fmt"

	"offhook.dev/services/phone-control/callmodel"
)

// handedLeg is a call at a phone, as another replica takes it over.
type handedLeg struct {
	ID    callmodel.LegID
	Phone callmodel.DeviceID
	Held  bool `json:",omitempty"`
	Media callmodel.Media
}

// Quiet tells that all calls at phones are up.
func (d *Driver) Quiet() bool {
	for _, l := range d.legs {
		if l.state != up {
			return false
		}
	}
	return len(d.dialled) == 0
}

// Export gives the calls that are up.
func (d *Driver) Export() ([]byte, error) {
	var legs []handedLeg
	for _, l := range d.legs {
		if l.state == up {
			legs = append(legs, handedLeg{ID: l.id, Phone: l.phone.number, Held: l.held, Media: l.media})
		}
	}
	state, err := json.Marshal(legs)
	if err != nil {
		return nil, fmt.Errorf("save legs: %w", err)
	}
	return state, nil
}

// Import takes calls over.
func (d *Driver) Import(state []byte) ([]callmodel.LegID, error) {
	var legs []handedLeg
	if err := json.Unmarshal(state, &legs); err != nil {
		return nil, fmt.Errorf("read legs: %w", err)
	}
	ids := make([]callmodel.LegID, len(legs))
	for i, handed := range legs {
		p := d.phone(handed.Phone)
		l := &leg{id: handed.ID, phone: p, state: up, held: handed.Held, media: handed.Media}
		p.legs = append(p.legs, l)
		d.legs[l.id] = l
		ids[i] = l.id
	}
	return ids, nil
}
