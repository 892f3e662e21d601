// SPDX-License-Identifier: Apache-2.0

package control

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
)

// tell publishes events about a line that are not of the call model (features,
// the physical device), with the target's next numbers. On the target's
// goroutine, after what the step before it said.
func (t *target) tell(line string, events ...*ctiv1.Event) {
	t.batch = nil
	for _, event := range events {
		t.number++
		event.Number, event.Time = t.number, timestamppb.New(time.Now())
		event.Reported = []*ctiv1.Reported{{DeviceId: line}}
		t.batch = append(t.batch, event)
	}
	t.publish()
	t.batch = nil
}
