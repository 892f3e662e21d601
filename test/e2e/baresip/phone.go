// SPDX-License-Identifier: Apache-2.0

// Package baresip runs baresip, a real SIP phone (Debian package
// baresip-core), headless on loopback, and lets a test be its user: dial,
// accept, hold, hang up, and read what the phone itself reports of its calls
// and its RTP. It never looks at Offhook's own state.
package baresip

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Settings of one phone.
type Settings struct {
	// Number is the extension and the digest user name.
	Number string
	// Password of the digest.
	Password string
	// Domain is the host of the address of record, with a port if it is not 5060.
	Domain string
	// Registrar is host:port of the SIP server.
	Registrar string
	// Transport is "udp" or "tcp".
	Transport string
	// IP is the phone's own loopback address, for example 127.0.9.11. Two
	// phones need two.
	IP string
	// RTPPortBase is the first of 100 RTP ports; they are bound on every
	// address, so phones need ranges of their own.
	RTPPortBase int
}

// Phone is a running baresip. Its methods fail the test on a fault of the
// control connection and may be called from one goroutine at a time.
type Phone struct {
	Settings
	t       *testing.T
	control *control
}

// Installed says whether baresip is on this machine.
func Installed() bool {
	_, err := exec.LookPath("baresip")
	return err == nil
}

// Start runs a phone until the test ends and waits until it is registered.
func Start(t *testing.T, settings Settings) *Phone {
	t.Helper()
	phone := Launch(t, settings)
	phone.WaitRegistered()
	return phone
}

// Launch runs a phone until the test ends, without waiting for its
// registration.
func Launch(t *testing.T, settings Settings) *Phone {
	t.Helper()
	if settings.Transport == "" {
		settings.Transport = "udp"
	}
	folder := t.TempDir()
	controlAddress := net.JoinHostPort(settings.IP, "4444")
	write(t, filepath.Join(folder, "config"), fmt.Sprintf(configTemplate,
		settings.IP, settings.IP, settings.RTPPortBase, settings.RTPPortBase+99, controlAddress))
	write(t, filepath.Join(folder, "accounts"), fmt.Sprintf(
		"<sip:%s@%s;transport=%s>;auth_user=%s;auth_pass=%s;outbound=\"sip:%s;transport=%s\";regint=60;answermode=manual;audio_codecs=PCMU/8000/1,PCMA/8000/1;mwi=no\n",
		settings.Number, settings.Domain, settings.Transport, settings.Number, settings.Password, settings.Registrar, settings.Transport))
	write(t, filepath.Join(folder, "contacts"), "")

	logPath := filepath.Join(folder, "log")
	logFile, err := os.Create(logPath)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("baresip", "-f", folder)
	command.Stdout, command.Stderr = logFile, logFile
	if err := command.Start(); err != nil {
		t.Fatalf("start baresip: %v", err)
	}
	exited := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(exited)
	}()

	phone := &Phone{Settings: settings, t: t, control: connect(t, controlAddress, exited)}
	t.Cleanup(func() {
		phone.stop(command, exited)
		_ = logFile.Close()
		if t.Failed() {
			text, _ := os.ReadFile(logPath)
			t.Logf("log of phone %s:\n%s", settings.Number, text)
		}
	})
	return phone
}

// stop asks the phone to quit, which un-registers it, and kills it if it stays.
func (p *Phone) stop(command *exec.Cmd, exited <-chan struct{}) {
	_ = p.control.write("quit", "")
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	select {
	case <-exited:
	case <-ctx.Done():
		_ = command.Process.Kill()
		<-exited
	}
	p.control.close()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const configTemplate = `poll_method		epoll
sip_listen		%s:5060
net_interface		%s
call_local_timeout	120
call_max_calls		4
call_hold_other_calls	yes
audio_source		ausine,440
ausrc_srate		48000
ausrc_channels		2
audio_player		aubridge,nil
audio_alert		aubridge,nil
audio_level		no
ausrc_format		s16
auplay_format		s16
auenc_format		s16
audec_format		s16
audio_buffer		20-160
rtp_ports		%d-%d
statmode_default	off
menu_bell		no
module_path		/usr/lib/baresip/modules
module			g711.so
module			ausine.so
module			aubridge.so
module			uuid.so
module_tmp		account.so
module_app		menu.so
module_app		ctrl_tcp.so
module_app		debug_cmd.so
ctrl_tcp_listen		%s
`
