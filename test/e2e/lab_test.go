// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"

	"offhook.dev/test/e2e/baresip"
	"offhook.dev/test/e2e/system"
)

// lab is a running system with its phones.
type lab struct {
	*system.System
	// phone1001 and phone1002 register over UDP, phone1005 over TCP.
	phone1001, phone1002, phone1005 *baresip.Phone
}

func newLab(t *testing.T, form system.Form) *lab {
	t.Helper()
	l := &lab{System: system.Start(t, binaries, form, manifests())}
	l.phone1001, l.phone1002, l.phone1005 = l.launch(t, 0, "1001", "udp"), l.launch(t, 1, "1002", "udp"), l.launch(t, 2, "1005", "tcp")
	for _, phone := range l.phones() {
		phone.WaitRegistered()
	}
	return l
}

// launch starts the i-th phone, without waiting for its registration.
func (l *lab) launch(t *testing.T, i int, number, transport string) *baresip.Phone {
	t.Helper()
	return baresip.Launch(t, baresip.Settings{
		Number: number, Password: "pw" + number, Domain: l.Domain, Registrar: l.SIP, Transport: transport,
		IP: l.Network.IP(11 + i), RTPPortBase: l.Network.RTPPorts(i),
	})
}

func (l *lab) phones() []*baresip.Phone {
	return []*baresip.Phone{l.phone1001, l.phone1002, l.phone1005}
}

// scenario runs a test with idle phones, and leaves them idle.
func (l *lab) scenario(t *testing.T, name string, run func(t *testing.T, l *lab)) {
	t.Run(name, func(t *testing.T) {
		own := &lab{System: l.System, phone1001: l.phone1001.In(t), phone1002: l.phone1002.In(t), phone1005: l.phone1005.In(t)}
		for _, phone := range own.phones() {
			phone.Forget()
		}
		t.Cleanup(func() {
			for _, phone := range own.phones() {
				for range 4 {
					if t.Failed() && phone.Calls() > 0 {
						phone.Hangup()
					}
				}
				phone.WaitIdle()
			}
		})
		run(t, own)
	})
}

// alice opens a session of the user with all rights.
func (l *lab) alice(t *testing.T) *application {
	t.Helper()
	return open(t, l.System, "alice", "1001")
}

// talk brings up a call from 1001 to 1002 by hand.
func (l *lab) talk() {
	l.phone1001.Dial("1002")
	l.phone1002.WaitFor("CALL_INCOMING")
	l.phone1002.Accept()
	l.phone1001.WaitFor("CALL_ESTABLISHED")
	l.phone1002.WaitFor("CALL_ESTABLISHED")
}

// talking are the events of both lines of such a call, the application's n-th.
func talking(n string) (first, second []string) {
	return []string{
		"ServiceInitiated " + n + "/1001 initiated normal",
		"Originated " + n + "/1001 connected newCall 1001>1002",
		"Delivered " + n + "/1002 connected newCall 1001>1002",
		"Established " + n + "/1002 connected newCall 1001>1002",
	}, []string{
		"Delivered " + n + "/1002 alerting newCall 1001>1002",
		"Established " + n + "/1002 connected newCall 1001>1002",
	}
}
