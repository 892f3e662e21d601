// SPDX-License-Identifier: Apache-2.0

package crowd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/offhook/skinnyphone/crowd"
	"offhook.dev/offhook/skinnyphone/skinnyphonetest"
	"offhook.dev/services/skinny"
)

// hall serves a crowd.
func hall(t *testing.T, many int) (*allinonetest.Process, []crowd.Member) {
	t.Helper()
	folder := t.TempDir()
	var text strings.Builder
	text.WriteString(`apiVersion: cti.offhook.dev/v1alpha1
kind: CMETarget
metadata: {name: hall}
spec:
  sip: {domains: ["*"]}
  driver: {type: skinny, skinny: {keepalive: 10s}}
`)
	members := make([]crowd.Member, many)
	for i := range members {
		members[i] = crowd.Member{DeviceName: fmt.Sprintf("SEP%012X", i+1), Number: fmt.Sprintf("3%04d", i)}
		fmt.Fprintf(&text, `---
apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: line-%d}
spec:
  target: hall
  number: "%s"
  devices: [{name: desk, skinny: {mac: "%s"}}]
`, i, members[i].Number, members[i].DeviceName)
	}
	if err := os.WriteFile(filepath.Join(folder, "hall.yaml"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	options := allinonetest.Options(folder)
	options.Skinny = "127.0.0.1:0"
	return allinonetest.Start(t, options), members
}

func TestCrowd(t *testing.T) {
	process, members := hall(t, 200)
	result, err := crowd.Run(t.Context(), crowd.Options{
		Server: process.SkinnyAddress().String(), Members: members, Rate: 50, Duration: 5 * time.Second, TalkTime: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if result.Failed > 0 || result.Skipped > 0 || result.Connected < 240 || len(result.Lost) > 0 || len(result.Faults) > 0 || result.Percentile(99) <= 0 {
		t.Errorf("%+v", result)
	}
}

func TestCrowdThatIsNotServed(t *testing.T) {
	server := skinnyphonetest.Listen(t, skinny.MaxVersion)
	server.OnRegister = func(d *skinnyphonetest.Desk, _ *skinny.Register) { d.Send(&skinny.RegisterReject{Text: "full"}) }
	_, err := crowd.Run(t.Context(), crowd.Options{Server: server.Address(), Members: make([]crowd.Member, 0)})
	if err != nil {
		t.Errorf("nobody: %v", err)
	}
	_, err = crowd.Run(t.Context(), crowd.Options{Server: server.Address(), Members: []crowd.Member{{DeviceName: "SEP1"}}})
	if !errors.Is(err, skinnyphone.ErrRejected) {
		t.Errorf("error %v", err)
	}
}

// A server that registers phones and does nothing else has all calls fail.
func TestCallsThatFailAreTold(t *testing.T) {
	server := skinnyphonetest.Listen(t, skinny.MaxVersion)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	result, err := crowd.Run(ctx, crowd.Options{
		Server: server.Address(), Members: []crowd.Member{{"SEP1", "1"}, {"SEP2", "2"}}, Rate: 50, Duration: 100 * time.Millisecond, Patience: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if result.Failed != 1 || result.Connected != 0 || result.Skipped != result.Offered-1 || len(result.Errors) != 1 || result.Percentile(50) != 0 {
		t.Errorf("%+v", result)
	}
}
