#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests the chart, the operator and the images on a real Kubernetes cluster. Phones
# and applications are on a host of their own, a network namespace beside the node.
# The cluster is that of ../shared/cluster, which is brought up, and taken down if
# it was not up before; where it is absent nothing is tested, and that is said.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=auto GOFLAGS=-buildvcs=false

cluster=$PWD/../shared/cluster
if [ ! -x "$cluster/up" ]; then
  echo "skipped: there is no cluster for tests ($cluster)" >&2
  exit 0
fi
if [ "$(id -u)" != 0 ] || [ ! -e /etc/debian_version ]; then
  echo "skipped: the cluster for tests needs root on Debian" >&2
  exit 0
fi

# What the cluster and the test's host need of Debian.
packages="containerd runc containernetworking-plugins nftables iptables conntrack iproute2 util-linux"
installed() { dpkg-query -W -f '${db:Status-Status}\n' $packages 2>/dev/null | grep -cx installed || true; }
if [ "$(installed)" != "$(wc -w <<<"$packages")" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi

up_before=no
[ -S "${DEVCLUSTER_STATE:-/tmp/devcluster}/containerd/containerd.sock" ] && up_before=yes
host=""
cleanup() {
  [ -z "$host" ] || kill "$host" 2>/dev/null || true
  ip link delete offhook-people 2>/dev/null || true
  [ -z "${address:-}" ] || ip route delete "$address/32" dev "$bridge" 2>/dev/null || true
  [ "$up_before" = yes ] || "$cluster/down" >&2 || true
}
trap cleanup EXIT

eval "$("$cluster/up")"
if [ "${1:-}" = --cluster-only ]; then # builds the cluster's programs for later
  exit 0
fi

echo "== the operator with an API server of its own"
(cd operator && KUBEBUILDER_ASSETS=$(dirname "$(command -v kube-apiserver)") go test -count=1 ./internal/command)

echo "== an installation on the cluster"
version=e2e-$(git rev-parse --short HEAD)
VERSION=$version hack/images.sh sip-edge csta-session monitor phone-control operator offhook nats
for archive in dist/images/{sip-edge,csta-session,monitor,phone-control,operator,offhook,nats}.tar; do
  "$cluster/load-image" "$archive" >/dev/null
done

# The host: a namespace at the bridge of the node.
node=$(kubectl get nodes -o 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}')
bridge=$(ip -o -4 address show to "$node/32" | awk '{print $2}')
address=${node%.*}.100
unshare --net sleep infinity &
host=$!
until [ "$(readlink "/proc/$host/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do :; done
ip link add offhook-people type veth peer name offhook-host
ip link set offhook-host netns "$host"
ip link set offhook-people master "$bridge" up
ip route replace "$address/32" dev "$bridge"
inside() { nsenter --net="/proc/$host/ns/net" "$@"; }
inside ip address add "$address/24" dev offhook-host
inside ip link set lo up
inside ip link set offhook-host up
inside ip route add default via "$node"

mkdir -p dist/e2e
(cd test && go test -c -o ../dist/e2e/cluster.test ./cluster)
cd test/cluster
OFFHOOK_E2E_CLUSTER=1 OFFHOOK_E2E_TAG=$version OFFHOOK_E2E_ADDRESS=$address OFFHOOK_E2E_LOGS=$PWD/../../dist/e2e/logs \
  inside "$PWD/../../dist/e2e/cluster.test" -test.v -test.timeout 20m -test.run 'TestInstallation'
