// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"offhook.dev/services/cstaclient"
	"offhook.dev/test/cluster/office"
	"offhook.dev/test/e2e/baresip"
)

// calls and sessionsPerLine are what goes on while the cluster is worked on: 50
// calls between 100 lines, 200 sessions.
const (
	calls           = 50
	sessionsPerLine = 2
)

// TestInstallation is the life of an installation, told in order: each part
// stands on the one before it.
func TestInstallation(t *testing.T) {
	i := inCluster(t)
	m := openManual(t)
	m.write(t, "my-values.yaml", i.values())
	t.Cleanup(func() {
		// Whatever the test came to, nothing of it stays.
		c := i.For(t)
		_, _ = c.Try("kubectl", "delete", "cti", "--all", "--timeout=20s")
		_, _ = c.Try("helm", "uninstall", release, "--wait", "--timeout", "2m")
		_, _ = c.Try("kubectl", "delete", "namespace", namespace, "--ignore-not-found", "--timeout=90s")
		_, _ = c.Try("kubectl", "delete", "crd", "-l", "app.kubernetes.io/part-of=offhook", "--ignore-not-found")
	})
	for _, part := range []struct {
		name string
		run  func(*testing.T, *installation, *manual)
	}{
		{"install", install},
		{"phones and applications", phonesAndApplications},
		{"helm test", helmTest},
		{"bad manifests", badManifests},
		{"changes of manifests", changes},
		{"scale, restart, upgrade and roll back under way", underWay},
		{"back up and restore", backUp},
		{"troubleshoot", troubleshoot},
		{"uninstall", uninstall},
		{"every command of the manual was run", func(t *testing.T, _ *installation, m *manual) {
			if sections := m.unread(); len(sections) > 0 {
				slices.Sort(sections)
				t.Errorf("nobody ran the commands of %q", sections)
			}
		}},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, i.in(t), m) }) {
			t.Fatalf("what follows stands on %q", part.name)
		}
	}
}

// values is the reader's own file of values.
func (i *installation) values() string {
	return fmt.Sprintf(`image:
  tag: %q
sipEdge:
  advertisedAddress: %q
  service:
    type: NodePort
    nodePorts: {sip: 5060}
`, os.Getenv(imageTag), i.sip)
}

func install(t *testing.T, i *installation, m *manual) {
	m.follow(t, "install.md#Install")
	m.follow(t, "install.md#Add a target, lines and users")
	for _, object := range []string{"cmetarget/office", "line/alice", "ctiuser/crm"} {
		i.Line("kubectl wait --for=condition=Ready --timeout=60s %s", object)
	}
	m.follow(t, "install.md#Look at it")
	i.Apply(office.Manifests(domain, calls))
	i.Line("kubectl wait --for=condition=Ready --timeout=60s cmetarget/busy ctiuser/dispatcher")
}

// phonesAndApplications makes a call between a software phone and a real one,
// seen and controlled by an application over UDP and one over TCP.
func phonesAndApplications(t *testing.T, i *installation, _ *manual) {
	if !baresip.Installed() {
		t.Skip("baresip is not installed (Debian package baresip-core)")
	}
	i.Apply(smallOffice)
	i.Line("kubectl wait --for=condition=Ready --timeout=60s cmetarget/small ctiuser/alice-crm")
	i.softPhone(t, "1001", "pw-1001", "udp")
	other := i.softPhone(t, "1003", "pw-1003", "tcp")
	desk := i.deskPhone(t, "1002", "pw-1002")
	udp, tcp := i.open(t, "udp", "alice-crm", "pw-alice", "1001"), i.open(t, "tcp", "alice-crm", "pw-alice", "1002")

	if _, err := udp.MakeCall(bounded(t), "1001", "1002", false); err != nil {
		t.Fatal(err)
	}
	desk.WaitFor("CALL_INCOMING")
	call := udp.expect("ServiceInitiated 1001", "Originated 1001", "Delivered 1002")
	tcp.expect("Delivered 1002")
	desk.Accept()
	desk.WaitFor("CALL_ESTABLISHED")
	udp.expect("Established 1002")
	tcp.expect("Established 1002")
	if err := tcp.HoldCall(bounded(t), cstaclient.Connection(call, "1002")); err != nil {
		t.Fatal(err)
	}
	udp.expect("Held 1002")
	tcp.expect("Held 1002")
	if err := tcp.RetrieveCall(bounded(t), cstaclient.Connection(call, "1002")); err != nil {
		t.Fatal(err)
	}
	udp.expect("Retrieved 1002")
	tcp.expect("Retrieved 1002")
	if err := udp.ClearConnection(bounded(t), cstaclient.Connection(call, "1001")); err != nil {
		t.Fatal(err)
	}
	desk.WaitFor("CALL_CLOSED")
	udp.expect("ConnectionCleared 1001", "ConnectionCleared 1002")
	tcp.expect("ConnectionCleared 1001", "ConnectionCleared 1002")

	// By hand, from the real phone to the other software phone.
	desk.Dial("1003")
	desk.WaitFor("CALL_ESTABLISHED")
	if got := len(other.Calls()); got != 1 {
		t.Errorf("phone 1003 has %d calls, want 1", got)
	}
	desk.Hangup()
	desk.WaitFor("CALL_CLOSED")
	i.Await(time.Minute, "the status tells of the phones", func(text string) bool { return text == "3" },
		"kubectl", "get", "cmetarget", "small", "-o", "jsonpath={.status.phonesRegistered}")
}

const smallOffice = `apiVersion: cti.offhook.dev/v1alpha1
kind: CMETarget
metadata: {name: small}
spec:
  sip: {domains: ["small.` + domain + `", "` + domain + `."]}
`

func helmTest(t *testing.T, i *installation, m *manual) {
	m.follow(t, "install.md#Test it")
}

// underWay works on the installation in every way while calls and sessions are
// up, none of which may notice.
func underWay(t *testing.T, i *installation, m *manual) {
	busy, err := office.Start(t.Context(), office.Options{
		Server: i.sip, Domain: domain, LocalIP: i.node, Calls: calls, SessionsPerLine: sessionsPerLine, Pause: 2 * time.Second, Logf: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := busy.Close(); err != nil {
			t.Error(err)
		}
	}()
	working, stop := context.WithCancel(t.Context())
	defer stop()
	worked := make(chan error, 1)
	go func() { worked <- busy.Work(working) }()
	for _, section := range []string{
		"scale.md#The SIP edge", "upgrade.md#Restart", "upgrade.md#Upgrade", "upgrade.md#Roll back",
	} {
		began := time.Now()
		m.follow(t, section)
		t.Logf("%s: %s", section, time.Since(began).Round(time.Second))
		select {
		case err := <-worked:
			t.Fatalf("after %s: %v", section, err)
		default:
		}
	}
	stop()
	if err := <-worked; err != nil {
		t.Fatal(err)
	}
	report, err := busy.Verify(t.Context())
	t.Logf("%d calls, %d sessions, %d services, %d events", report.Calls, report.Sessions, report.Services, report.Events)
	if err != nil {
		t.Fatal(err)
	}
}

func troubleshoot(t *testing.T, _ *installation, m *manual) {
	for section := range m.sections {
		if strings.HasPrefix(section, "troubleshooting.md#") {
			m.follow(t, section)
		}
	}
}
