// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"testing"
	"time"
)

func TestTimer(t *testing.T) {
	tests := []struct {
		name           string
		headers        []string
		offered, minSE time.Duration
		want           timer
	}{
		{"none", nil, 30 * time.Minute, 0, timer{expires: 30 * time.Minute, minSE: leastSE}},
		{"supported", []string{"Supported: 100rel, Timer"}, 30 * time.Minute, 2 * time.Minute,
			timer{supported: true, expires: 30 * time.Minute, minSE: 2 * time.Minute}},
		{"compact", []string{"k: timer", "x: 600;refresher=uac"}, 30 * time.Minute, 0,
			timer{supported: true, asked: 10 * time.Minute, expires: 10 * time.Minute, minSE: leastSE}},
		{"longer than offered", []string{"Require: timer", "Session-Expires: 7200"}, 30 * time.Minute, 0,
			timer{supported: true, asked: 2 * time.Hour, expires: 30 * time.Minute, minSE: leastSE}},
		{"too small", []string{"Session-Expires: 60"}, 30 * time.Minute, 0,
			timer{asked: time.Minute, tooSmall: true, expires: leastSE, minSE: leastSE}},
		{"nothing offered", []string{"Session-Expires: nonsense"}, 0, 0, timer{expires: defaultExpires, minSE: leastSE}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := readTimer(request(t, "", "", test.headers...), test.minSE)
			got.agree(test.offered, test.minSE)
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
