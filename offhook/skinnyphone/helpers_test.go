// SPDX-License-Identifier: Apache-2.0

package skinnyphone_test

import (
	"context"
	"testing"
	"time"

	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/offhook/skinnyphone/skinnyphonetest"
)

const patience = 10 * time.Second

// dial registers a phone and gives its desk.
func dial(t *testing.T, server *skinnyphonetest.Server, options skinnyphone.Options) (*skinnyphone.Phone, *skinnyphonetest.Desk) {
	t.Helper()
	options.Server = server.Address()
	if options.DeviceName == "" {
		options.DeviceName = "SEP00112233445F"
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	phone, err := skinnyphone.Dial(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phone.Close)
	return phone, server.Desk()
}

func await(t *testing.T, phone *skinnyphone.Phone, is func(skinnyphone.Snapshot) bool) skinnyphone.Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	snapshot, err := phone.Await(ctx, is)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
