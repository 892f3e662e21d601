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
	// leaseTTL is how long the lease of a target lasts without renewal.
	leaseTTL = 4 * time.Second
	// unanswered is longer than a SIP transaction without an answer lasts (RFC 3261,
	// 17.1.2.2, timer F): by then its end has shown.
	unanswered = 33 * time.Second
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
	i.keepLogs(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *installation, *manual)
	}{
		{"install", install},
		{"phones and applications", phonesAndApplications},
		{"NATS is away", natsIsAway},
		{"helm test", helmTest},
		{"bad manifests", badManifests},
		{"changes of manifests", changes},
		{"scale and restart under way", underWay},
		{"upgrade and roll back", upgrade},
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
    sessionAffinity: None # all clients of the test are one host
operator:
  config: {drain: {timeout: 10s}}
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
	i.Apply(smallOffice)
	i.Line("kubectl wait --for=condition=Ready --timeout=60s cmetarget/small ctiuser/alice-crm")
	if !baresip.Installed() {
		t.Skip("baresip is not installed (Debian package baresip-core)")
	}
	i.softPhone(t, smallDomain, "1001", "pw-1001", "udp")
	other := i.softPhone(t, smallDomain, "1003", "pw-1003", "tcp")
	desk := i.deskPhone(t, smallDomain, "1002", "pw-1002")
	udp, tcp := i.open(t, smallDomain, "udp", "alice-crm", "pw-alice", "1001"), i.open(t, smallDomain, "tcp", "alice-crm", "pw-alice", "1002")

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
	udp.expect("ConnectionCleared 1001")
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

// natsIsAway takes NATS away for longer than any lease lasts. An application holds a
// call and takes it back meanwhile, and has all events when NATS is back.
func natsIsAway(t *testing.T, i *installation, _ *manual) {
	i.softPhone(t, smallDomain, "1001", "pw-1001", "udp")
	i.softPhone(t, smallDomain, "1003", "pw-1003", "tcp")
	a := i.open(t, smallDomain, "udp", "alice-crm", "pw-alice", "1001")
	if _, err := a.MakeCall(bounded(t), "1001", "1003", false); err != nil {
		t.Fatal(err)
	}
	call := cstaclient.Connection(a.expect("ServiceInitiated 1001", "Originated 1001", "Delivered 1003", "Established 1003"), "1001")

	i.Line("kubectl scale statefulset/%s-nats --replicas 0", release)
	i.Line("kubectl wait --for=delete pod/%s-nats-0 --timeout=60s", release)
	var events []string
	for away := time.Now(); time.Since(away) < 3*leaseTTL; {
		if err := a.HoldCall(bounded(t), call); err != nil {
			t.Fatalf("hold while NATS is away: %v", err)
		}
		if err := a.RetrieveCall(bounded(t), call); err != nil {
			t.Fatalf("retrieve while NATS is away: %v", err)
		}
		events = append(events, "Held 1001", "Retrieved 1001")
		select {
		case <-time.After(time.Second):
		case event := <-a.Events():
			t.Fatalf("%v came without NATS", cstaclient.Summarize(event))
		}
	}
	i.Line("kubectl scale statefulset/%s-nats --replicas 1", release)
	i.Line("kubectl rollout status statefulset/%s-nats --timeout 2m", release)
	a.expect(events...)
	if err := a.ClearConnection(bounded(t), call); err != nil {
		t.Fatal(err)
	}
	a.expect("ConnectionCleared 1001")
	if restarts := i.JSONPath("pods", "{.items[*].status.containerStatuses[*].restartCount}"); strings.Trim(restarts, "0 ") != "" {
		t.Errorf("restarts of containers: %s", restarts)
	}
}

func helmTest(t *testing.T, i *installation, m *manual) {
	m.follow(t, "install.md#Test it")
}

// underWay works on the installation in every way while calls and sessions are
// up, none of which may notice.
func underWay(t *testing.T, i *installation, m *manual) {
	busy, err := office.Start(t.Context(), office.Options{
		Server: i.sip, Domain: domain, LocalIP: i.local, Calls: calls, SessionsPerLine: sessionsPerLine, Pause: 2 * time.Second, Logf: t.Logf,
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
	for _, section := range []string{"scale.md#The SIP edge", "upgrade.md#Restart"} {
		began := time.Now()
		m.follow(t, section)
		t.Logf("%s: %s", section, time.Since(began).Round(time.Second))
		i.settled()
		select {
		case err := <-worked:
			t.Fatalf("after %s: %v", section, err)
		default:
		}
	}
	withinRequests(t, i)
	select {
	case err := <-worked:
		t.Fatal(err)
	case <-time.After(unanswered):
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

// upgrade goes to other values and back; after each the installation works, and has
// the objects it had.
func upgrade(t *testing.T, i *installation, m *manual) {
	before := i.Line("kubectl get cmetargets,lines,ctiusers,secrets -o name")
	for _, step := range []struct{ section, level string }{{"upgrade.md#Upgrade", "debug"}, {"upgrade.md#Roll back", "info"}} {
		m.follow(t, step.section)
		i.settled()
		if config := i.JSONPath("configmap/offhook-monitor", "{.data.config\\.yaml}"); !strings.Contains(config, "level: "+step.level) {
			t.Errorf("after %s the configuration is\n%s", step.section, config)
		}
		i.Line("kubectl wait --for=condition=Ready --timeout=60s cmetargets --all")
		i.Line("helm test %s", release)
	}
	release := func(line string) bool { return strings.Contains(line, "sh.helm.release") } // one for each change
	without := func(text string) string { return strings.Join(slices.DeleteFunc(strings.Fields(text), release), " ") }
	if after := i.Line("kubectl get cmetargets,lines,ctiusers,secrets -o name"); without(after) != without(before) {
		t.Errorf("objects before: %s\nafter: %s", before, after)
	}
}

// settled waits until the pods that were replaced have handed over and ended.
func (i *installation) settled() {
	i.Await(2*time.Minute, "the pods before have ended", func(text string) bool { return !strings.Contains(text, "Terminating") },
		"kubectl", "get", "pods", "--no-headers")
}

// backUp saves everything, loses a line and a password, and brings them back.
func backUp(t *testing.T, i *installation, m *manual) {
	m.follow(t, "backup.md#Save")
	i.Line("kubectl delete line/alice secret/users")
	i.condition("ctiuser/crm", "ResolvedRefs", "SecretNotFound")
	m.follow(t, "backup.md#Restore")
	for _, object := range []string{"line/alice", "ctiuser/crm"} {
		i.Line("kubectl wait --for=condition=Ready --timeout=60s %s", object)
	}
}

// uninstall leaves what the manual says, and then nothing.
func uninstall(t *testing.T, i *installation, m *manual) {
	m.follow(t, "install.md#Uninstall")
	i.Await(2*time.Minute, "the pods have ended", func(text string) bool { return text == "" }, "kubectl", "get", "pods", "-o", "name")
	if targets := i.Line("kubectl get cmetargets -o name"); !strings.Contains(targets, "/office") {
		t.Errorf("targets left: %s", targets)
	}
	left := strings.Fields(i.Line("kubectl get deployments,statefulsets,services,configmaps,serviceaccounts,roles,rolebindings,poddisruptionbudgets,networkpolicies,jobs,leases,persistentvolumeclaims -o name"))
	want := []string{"configmap/kube-root-ca.crt", "serviceaccount/default", "lease.coordination.k8s.io/offhook-operator", "persistentvolumeclaim/data-offhook-nats-0"}
	slices.Sort(left)
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("left in the namespace: %q\nwant %q", left, want)
	}
	m.follow(t, "install.md#Remove what is left")
	if crds := i.Line("kubectl get customresourcedefinitions -o name"); strings.Contains(crds, "offhook") {
		t.Errorf("definitions left: %s", crds)
	}
	left = strings.Fields(i.Line("kubectl get secrets,leases,persistentvolumeclaims -o name"))
	for _, object := range left {
		if strings.Contains(object, "offhook") {
			t.Errorf("%s is left", object)
		}
	}
}

func troubleshoot(t *testing.T, _ *installation, m *manual) {
	for section := range m.sections {
		if strings.HasPrefix(section, "troubleshooting.md#") {
			m.follow(t, section)
		}
	}
}
