// SPDX-License-Identifier: Apache-2.0

package control

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/targetconfig"
)

func TestTimeoutsComeFromTheLineSides(t *testing.T) {
	skinny := &configv1.Skinny{NoAnswerTimeout: durationpb.New(7 * time.Second), PromptTimeout: durationpb.New(8 * time.Second)}
	for name, test := range map[string]struct {
		driver           *configv1.Driver
		noAnswer, prompt time.Duration
		kind             string
	}{
		"none":   {&configv1.Driver{}, defaultNoAnswer, defaultPrompt, ""},
		"skinny": {&configv1.Driver{Skinny: skinny}, 7 * time.Second, 8 * time.Second, "+skinny"},
		"simulated": {&configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{
			NoAnswerTimeout: durationpb.New(time.Second),
		}}}, time.Second, defaultPrompt, "simulated"},
		"both": {&configv1.Driver{Skinny: skinny, Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{
			NoAnswerTimeout: durationpb.New(3 * time.Second),
		}}}, 3 * time.Second, 8 * time.Second, "sipLine+skinny"},
	} {
		t.Run(name, func(t *testing.T) {
			target := &targetconfig.Target{Config: &configv1.TargetConfig{Driver: test.driver}}
			if got := settings(target); got.NoAnswer != test.noAnswer || got.Prompt != test.prompt {
				t.Errorf("no answer %s, prompt %s", got.NoAnswer, got.Prompt)
			}
			if got := driverKind(target); got != test.kind {
				t.Errorf("kind %q", got)
			}
		})
	}
}
