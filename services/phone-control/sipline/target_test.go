// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/proto/seal"
	"offhook.dev/services/bus"
	"offhook.dev/services/targetconfig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memoryStore is a registrar.Store in memory.
type memoryStore struct {
	mu      sync.Mutex
	records map[string]*statev1.RegistrationRecord
}

func (s *memoryStore) Put(_ context.Context, key string, r *statev1.RegistrationRecord) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[key] = r
	return 1, nil
}

func (s *memoryStore) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.records, key)
	return nil
}

func (s *memoryStore) List(_ context.Context, pattern string) ([]bus.Entry[*statev1.RegistrationRecord], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var entries []bus.Entry[*statev1.RegistrationRecord]
	for key, record := range s.records {
		if strings.HasPrefix(key, strings.TrimSuffix(pattern, ">")) {
			entries = append(entries, bus.Entry[*statev1.RegistrationRecord]{Key: key, Value: record})
		}
	}
	return entries, nil
}

func (s *memoryStore) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.records)
}

// testTarget renders a target with lines 1001 to 1003, phone and user names
// alike, and a second phone 1002b.
func testTarget(t *testing.T, answer configv1.AnswerMethod) *targetconfig.Snapshot {
	t.Helper()
	var key [32]byte
	config := &configv1.TargetConfig{
		Target: "cme", Version: "1",
		Sip:    &configv1.SIP{Domains: []string{"pbx.test", "*"}, Realm: "pbx.test"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{}}},
	}
	for _, number := range []string{"1001", "1002", "1003"} {
		line := &configv1.Line{
			Name: number, Number: number, DisplayName: "Line " + number, Watch: true, Control: true,
			Devices: []*configv1.Device{testDevice(t, key, number, number, answer)},
		}
		if number == "1002" { // a line with two phones
			line.Devices = append(line.Devices, testDevice(t, key, number, "1002b", answer))
		}
		config.Lines = append(config.Lines, line)
	}
	snapshot, err := targetconfig.Build(key, config)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func testDevice(t *testing.T, key [32]byte, line, name string, answer configv1.AnswerMethod) *configv1.Device {
	t.Helper()
	password := fmt.Appendf(nil, "%s:pbx.test:pw%s", name, name)
	m, sha := md5.Sum(password), sha256.Sum256(password)
	secret, err := proto.Marshal(&configv1.DigestSecret{
		Ha1Md5: hex.EncodeToString(m[:]), Ha1Sha256: hex.EncodeToString(sha[:]),
	})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := seal.Seal(key, secret, seal.DevicePlace("cme", line, name))
	if err != nil {
		t.Fatal(err)
	}
	return &configv1.Device{
		Name: name, Username: name, Answer: answer, Credential: &configv1.SealedCredential{Sealed: sealed},
	}
}
