// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"

	"offhook.dev/test/e2e/system"
)

func TestScenarios(t *testing.T) {
	forEachForm(t, func(t *testing.T, form system.Form) {
		l := newLab(t, form)
		l.scenario(t, "phones call by hand", callByHand)
		l.scenario(t, "make call, hold, retrieve, clear", makeCallHoldRetrieveClear)
	})
}
