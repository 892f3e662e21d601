// SPDX-License-Identifier: Apache-2.0

package skinnyphone_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"offhook.dev/offhook/audio"
	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/offhook/skinnyphone/skinnyphonetest"
	"offhook.dev/services/skinny"
)

// tshark reads what the phone and the server of the tests said: none of it is
// malformed, in any version.
func TestAnotherProgramReadsThePhone(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	for _, version := range []skinny.Version{3, 8, 11, 16, 17, 18, 21, 22} {
		t.Run("version "+strconv.Itoa(int(version)), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "phone.pcap")
			file, err := os.Create(path)
			must(t, err)
			defer file.Close()
			capture := skinnyphonetest.NewCapture(file)
			phone, desk := dial(t, skinnyphonetest.Listen(t, skinny.MaxVersion), skinnyphone.Options{
				ProtocolVersion: version, Tap: capture.Tap(), Alarm: "Name=SEP00112233445F Load=1 Last=Initialized",
			})
			useAll(t, phone, desk)
			phone.Close()
			must(t, capture.Err())
			must(t, file.Close())

			if malformed := judge(t, tshark, path, "-Y", "_ws.malformed || _ws.expert.severity == error"); malformed != "" {
				t.Errorf("malformed:\n%s", malformed)
			}
			read := fieldsOf(t, tshark, path)
			for _, want := range []map[string]string{
				{"DeviceName": "SEP00112233445F", "protocolVer": strconv.Itoa(int(version))}, {"lineNumber": "2"}, {"maxNumOfAvailLines": "2"},
				{"payloadCapability": "257"}, {"softKeyEvent": "11", "callReference": "21", "lineInstance": "1"}, {"kpButton": "14", "callReference": "21"},
				{"calledParty": "1002", "lineInstance": "1"}, {"stimulus": "9", "lineInstance": "2"},
				{"mediaReceptionStatus": "0", "passThroughPartyId": "2", "ipAddr.ipv4": "127.0.0.1", "callReference": "21"},
				{"directoryNum": "1001", "dataSize": "0", "callReference": "21"}, {"messageId": "39"},
			} {
				if !slices.ContainsFunc(read, func(frame map[string][]string) bool { return matches(frame, want) }) {
					t.Errorf("it did not read %v", want)
				}
			}
		})
	}
}

// useAll uses all that a phone can send.
func useAll(t *testing.T, phone *skinnyphone.Phone, desk *skinnyphonetest.Desk) {
	t.Helper()
	desk.Rings(call)
	must(t, phone.Press(t.Context(), skinny.KeyAnswer, skinny.Call{}))
	skinnyphonetest.Next[*skinny.SoftKeyEvent](desk)
	far, err := audio.Open(t.Context(), audio.Options{})
	must(t, err)
	defer far.Close()
	name := skinny.Stream{Conference: 1, PassThroughParty: 2, Reference: call.Reference}
	desk.Connects(call)
	desk.Channel(name, skinny.CapabilityG711MuLaw, far.Address())
	must(t, phone.PressKeypad("1*", call))
	must(t, phone.EnblocDial("1002", 1))
	must(t, phone.PressLine(2))
	must(t, phone.OffHook(call))
	must(t, phone.HookFlash(call))
	must(t, phone.OnHook(call))
	desk.Send(&skinny.StopMediaTransmission{Stream: name}, &skinny.CloseReceiveChannel{Stream: name},
		&skinny.ConnectionStatisticsReq{Number: "1001", Reference: call.Reference})
	skinnyphonetest.Next[*skinny.ConnectionStatisticsRes](desk)
	desk.Ends(call)
	await(t, phone, func(s skinnyphone.Snapshot) bool { return len(s.Calls) == 0 && len(s.Streams) == 0 })
}

// fieldsOf are the fields of each frame as tshark reads them.
func fieldsOf(t *testing.T, tshark, path string) []map[string][]string {
	t.Helper()
	names := []string{
		"messageId", "DeviceName", "protocolVer", "lineNumber", "maxNumOfAvailLines", "payloadCapability", "softKeyEvent", "callReference",
		"lineInstance", "kpButton", "calledParty", "stimulus", "mediaReceptionStatus", "passThroughPartyId", "ipAddr.ipv4", "directoryNum", "dataSize",
	}
	arguments := []string{"-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"}
	for _, name := range names {
		arguments = append(arguments, "-e", "skinny."+name)
	}
	var frames []map[string][]string
	for line := range strings.Lines(judge(t, tshark, path, arguments...)) {
		frame := make(map[string][]string)
		for i, column := range strings.Split(strings.TrimRight(line, "\n"), "\t") {
			for value := range strings.SplitSeq(column, ",") {
				if n, err := strconv.ParseUint(value, 0, 32); err == nil && strings.HasPrefix(value, "0x") {
					value = strconv.FormatUint(n, 10)
				}
				frame[names[i]] = append(frame[names[i]], value)
			}
		}
		frames = append(frames, frame)
	}
	return frames
}

func matches(frame map[string][]string, want map[string]string) bool {
	for name, value := range want {
		if !slices.Contains(frame[name], value) {
			return false
		}
	}
	return true
}

func judge(t *testing.T, tshark, path string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), tshark, append([]string{"-n", "-r", path, "-d", "tcp.port==2000,skinny"}, arguments...)...)
	var errors strings.Builder
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		t.Fatalf("tshark: %v: %s", err, errors.String())
	}
	return string(out)
}
