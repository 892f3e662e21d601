// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"net"
	"os"
	"strings"
	"testing"

	"offhook.dev/test/cluster/kube"
)

// Variables that hack/e2e.sh sets.
const (
	// enabled says that KUBECONFIG is of a cluster for tests that has the images.
	enabled = "OFFHOOK_E2E_CLUSTER"
	// imageTag is the tag of the images.
	imageTag = "OFFHOOK_E2E_TAG"
	// localAddress is this host's address on the way to the nodes.
	localAddress = "OFFHOOK_E2E_ADDRESS"
	// logFolder is where the pods' logs go when a test fails.
	logFolder = "OFFHOOK_E2E_LOGS"
)

const (
	release   = "offhook"
	namespace = "offhook"
	domain    = "offhook.test"
)

// installation is the chart, installed for one test.
type installation struct {
	*kube.Cluster
	// local is the address that phones and applications have.
	local string
	// sip is where phones and applications go: the NodePort.
	sip string
}

// inCluster skips a test that has no cluster.
func inCluster(t *testing.T) *installation {
	t.Helper()
	if os.Getenv(enabled) == "" {
		t.Skipf("no cluster for tests: `make e2e` gives one (%s is not set)", enabled)
	}
	i := &installation{Cluster: kube.In(t, namespace)}
	node := strings.TrimSpace(i.Run("kubectl", "get", "nodes", "-o", `jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}`))
	i.sip, i.local = net.JoinHostPort(node, "5060"), os.Getenv(localAddress)
	return i
}

// in is the installation as a part of the test sees it.
func (i *installation) in(t *testing.T) *installation {
	return &installation{Cluster: i.For(t), local: i.local, sip: i.sip}
}

// keepLogs writes down how a failed test left the pods, before they are removed.
func (i *installation) keepLogs(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if folder := os.Getenv(logFolder); t.Failed() && folder != "" {
			if err := i.For(t).Logs(folder); err != nil {
				t.Log(err)
			}
			t.Logf("state and logs of the pods are in %s", folder)
		}
	})
}
