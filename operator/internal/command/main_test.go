// SPDX-License-Identifier: Apache-2.0

package command

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// The broadcaster of events waits for its last retry after the manager ended.
		goleak.IgnoreAnyFunction("k8s.io/client-go/tools/events.(*eventBroadcasterImpl).startRecordingEvents.func1"),
	)
}
