// SPDX-License-Identifier: Apache-2.0

package sipline

import "offhook.dev/services/phone-control/callmodel"

// pointFor is the point that serves the wanted media of a leg, which are not
// those with another leg.
func (d *Driver) pointFor(l *leg, wanted callmodel.Media) (mediaPoint, error) {
	if wanted.Kind == callmodel.InConference {
		return nil, &errNoMixer
	}
	return silence{l}, nil
}
