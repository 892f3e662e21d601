// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/offhook/skinnyphone"
	"offhook.dev/offhook/skinnyphone/skinnyphonetest"
	"offhook.dev/services/skinny"
)

func TestUserOfASkinnyPhone(t *testing.T) {
	server := skinnyphonetest.Listen(t, skinny.MaxVersion)
	keyboard, keys := io.Pipe()
	defer keys.Close()
	user := &user{screen: newScreen(), keys: keys, ended: make(chan error, 1)}
	command := &Phone{
		Protocol: "skinny", IP: "127.0.0.1",
		Skinny: SkinnyPhone{Device: "SEP001122334455", Server: server.Address(), Model: "7960", ProtocolVersion: 11},
	}
	go func() {
		user.ended <- command.Run(&Environment{Context: t.Context(), In: keyboard, Out: user})
	}()
	desk := server.Desk()
	user.await(t, "phone SEP001122334455 registered")
	user.await(t, skinnyHelp)
	user.types(t, "answer")
	user.await(t, "! "+skinnyphone.ErrNoSuchCall.Error())
	user.types(t, "screen")
	user.await(t, "button 1: line 1 1001 Zoë")

	call := skinny.Call{Line: 1, Reference: 5}
	desk.Rings(call)
	user.await(t, "phone SEP001122334455 rings (1002)")
	user.types(t, "answer")
	if pressed := skinnyphonetest.Next[*skinny.SoftKeyEvent](desk); pressed.Key != skinny.KeyAnswer {
		t.Errorf("pressed %+v", pressed)
	}
	desk.Connects(call)
	user.await(t, "phone SEP001122334455 connected (1002)")
	user.types(t, "calls")
	user.await(t, "1002 connected, 0 packets sent, 0 received")
	user.types(t, "key Answer")
	user.await(t, `"Answer" is not in [Hold EndCall Transfer Confrn]`)
	for line, key := range map[string]skinny.SoftKey{"hold": skinny.KeyHold, "key transfer": skinny.KeyTransfer, "hangup": skinny.KeyEndCall} {
		user.types(t, line)
		if pressed := skinnyphonetest.Next[*skinny.SoftKeyEvent](desk); pressed.Key != key {
			t.Errorf("%q pressed %+v", line, pressed)
		}
	}
	user.types(t, "keypad 12#")
	if digits := desk.Typed(3); digits != "12#" {
		t.Errorf("typed %q", digits)
	}
	desk.Ends(call)
	user.await(t, "phone SEP001122334455 call ended (1002)")
	user.types(t, "dial 1003")
	if pressed := skinnyphonetest.Next[*skinny.SoftKeyEvent](desk); pressed.Key != skinny.KeyNewCall {
		t.Errorf("pressed %+v", pressed)
	}
	desk.GoesOffHook(call)
	if digits := desk.Typed(4); digits != "1003" {
		t.Errorf("typed %q", digits)
	}
	desk.RingsOut(call, "1003")
	user.await(t, "phone SEP001122334455 calls (1003)")
	user.await(t, "phone SEP001122334455 hears it ring (1003)")
	user.types(t, "quit")
	if err := <-user.ended; err != nil {
		t.Error(err)
	}
}

func TestSkinnyButtonsWithoutServer(t *testing.T) {
	phone, err := skinnyphone.New(skinnyphone.Options{Server: "127.0.0.1:1", DeviceName: "SEP001122334455"})
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]error{
		"": nil, "calls": nil, "screen": nil, "hold": skinnyphone.ErrNoSuchCall, "resume": skinnyphone.ErrNoSuchCall,
		"hangup": skinnyphone.ErrNoSuchCall, "dial 1002": skinnyphone.ErrNotConnected, "keypad 1": skinnyphone.ErrNotConnected,
		"line 1": skinnyphone.ErrNoSuchButton, "button 2": skinnyphone.ErrNoSuchButton, "key Hold": skinnyphone.ErrKeyNotOffered,
		"transfer 1": skinnyphone.ErrNoSuchCall, "conference 1": skinnyphone.ErrNoSuchCall,
	} {
		if err := pressSkinny(t.Context(), phone, line, func(string) {}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", line, err, want)
		}
	}
	for line, want := range map[string]string{"dial": "dial what?", "line x": "no number of a button", "sing": skinnyHelp} {
		if err := pressSkinny(t.Context(), phone, line, func(string) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestSkinnyPhoneIsRefused(t *testing.T) {
	for want, phone := range map[string]Phone{
		"not known":     {Protocol: "skinny", IP: "127.0.0.1", Skinny: SkinnyPhone{Device: "SEP1", Server: "127.0.0.1:1", Model: "abacus"}},
		"local address": {Protocol: "skinny", IP: "here", Skinny: SkinnyPhone{Device: "SEP1", Server: "127.0.0.1:1", Model: "7970"}},
		"version 30":    {Protocol: "skinny", IP: "127.0.0.1", Skinny: SkinnyPhone{Device: "SEP1", Server: "127.0.0.1:1", Model: "7970", ProtocolVersion: 30}},
	} {
		if err := phone.Run(&Environment{Context: t.Context(), In: strings.NewReader(""), Out: io.Discard}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v", want, err)
		}
	}
}

func TestParseSkinnyPhone(t *testing.T) {
	got, err := parse(t, "phone", "--protocol", "skinny", "--device", "SEP001122334455", "--server", "192.0.2.1:2000", "--protocol-version", "22", "--token")
	if err != nil {
		t.Fatal(err)
	}
	want := SkinnyPhone{Device: "SEP001122334455", Server: "192.0.2.1:2000", Model: "7970", ProtocolVersion: 22, Token: true}
	if diff := cmp.Diff(want, got.Phone.Skinny); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
