// SPDX-License-Identifier: Apache-2.0

package office_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/test/cluster/office"
	"offhook.dev/test/e2e/system"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newOffice begins an office in front of an Offhook that nobody touches.
func newOffice(t *testing.T) *office.Office {
	t.Helper()
	network := system.NewNetwork(t)
	address := network.IP(1) + ":5060"
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "busy.yaml"), []byte(office.Manifests(network.IP(1), 4)), 0o600); err != nil {
		t.Fatal(err)
	}
	options := allinonetest.Options(folder)
	options.SIP = []string{"udp:" + address, "tcp:" + address}
	allinonetest.Start(t, options)
	busy, err := office.Start(t.Context(), office.Options{
		Server: address, Domain: network.IP(1), LocalIP: network.IP(2), Calls: 4, SessionsPerLine: 2, Pause: 10 * time.Millisecond, Logf: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := busy.Close(); err != nil {
			t.Error(err)
		}
	})
	return busy
}

func TestOfficeThatNobodyDisturbs(t *testing.T) {
	busy := newOffice(t)
	working, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := busy.Work(working); err != nil {
		t.Fatal(err)
	}
	report, err := busy.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if report.Sessions != 16 || report.Services < 16 || report.Events <= 2*report.Services {
		t.Errorf("the office did %+v", report)
	}
}
