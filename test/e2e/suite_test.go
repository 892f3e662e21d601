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
		l.scenario(t, "hold and resume by hand", holdByHand)
		l.scenario(t, "hold at the called phone", holdAtTheCalledPhone)
		l.scenario(t, "snapshot in mid-call", snapshot)
		l.scenario(t, "answer call where the phone can't", answerCallImpossible)
		l.scenario(t, "callee rejects", calleeRejects)
		l.scenario(t, "caller abandons", callerAbandons)
		l.scenario(t, "no answer", noAnswer)
		l.scenario(t, "prompt not picked up", promptNotPickedUp)
		l.scenario(t, "prompt cleared", promptCleared)
		l.scenario(t, "numbers that can't be called", unreachable)
		l.scenario(t, "busy line, and a phone over TCP", busyLine)
		l.scenario(t, "device texts", deviceTexts)
		l.scenario(t, "refused sessions", refusedSessions)
		l.scenario(t, "user who may only monitor", monitorOnly)
		l.scenario(t, "refresh", refresh)
		l.scenario(t, "same user twice", sameUserTwice)
		l.scenario(t, "clear session", clearSession)
		l.scenario(t, "application over UDP", overUDP)
		l.scenario(t, "one application is silent", oneIsSilent)
		l.scenario(t, "manifests change", manifestsChange)
	})
}
