// SPDX-License-Identifier: Apache-2.0

package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
)

func TestLoadFindsOverloadOnce(t *testing.T) {
	l := load{limit: 4}
	var changes []change
	for range 9 {
		_, changed := l.begin()
		changes = append(changes, changed)
	}
	if admitted, _ := l.begin(); admitted {
		t.Error("the tenth of four is admitted")
	}
	for range 10 {
		changes = append(changes, l.end())
	}
	reached, relieved := 0, 0
	for i, changed := range changes {
		switch changed {
		case loadUnchanged:
		case overloadReached:
			reached++
			if i != 3 {
				t.Errorf("overload is reached by service %d", i+1)
			}
		case overloadRelieved:
			relieved++
			if i != 9+7 {
				t.Errorf("overload is relieved at %d", i)
			}
		}
	}
	if reached != 1 || relieved != 1 || l.overloaded() {
		t.Errorf("reached %d times, relieved %d times, overloaded now: %v", reached, relieved, l.overloaded())
	}
}

func TestOverloadIsToldAndRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.configure(t, "target lab domain=lab\nline 1001\nuser alice 1001:mc")
		openSession(t, w.server, "a1")
		invoke := func(body string) string {
			response, err := w.server.InvokeService(t.Context(), &sessionv1.InvokeServiceRequest{SessionId: "a1", Body: []byte(body)})
			if err != nil {
				t.Error(err)
			}
			return string(response.GetBody())
		}
		invoke(`<SystemRegister><requestTypes><systemStatus>true</systemStatus></requestTypes></SystemRegister>`)
		w.server.load.limit = 2
		w.phones.hang = true
		for range 4 {
			go invoke(`<HoldCall><callToBeHeld><callID>1</callID></callToBeHeld></HoldCall>`)
		}
		synctest.Wait()
		told := func(status string) int {
			return strings.Count(strings.Join(w.tape.take(), "\n"), "<systemStatus>"+status+"</systemStatus>")
		}
		if told("overloadReached") != 1 {
			t.Error("overload is not told once")
		}
		if got := invoke(`<RequestSystemStatus/>`); !strings.Contains(got, "performanceLimitExceeded") {
			t.Errorf("the fifth service gives %s", got)
		}
		if !w.server.load.overloaded() {
			t.Error("not overloaded")
		}
		<-time.After(time.Minute) // all time-outs
		synctest.Wait()
		if told("overloadRelieved") != 1 || w.server.load.overloaded() {
			t.Error("relief is not told once")
		}
	})
}
