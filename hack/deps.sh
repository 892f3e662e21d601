#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that the tests use, where that is possible; else
# names what will be skipped. Never fails: the tests themselves skip, saying why.
set -uo pipefail

declare -A packages=(
  [gcc]=gcc                  # the race detector
  [baresip]=baresip-core     # real SIP phones, end to end
  [nats-server]=nats-server  # the four services against an external NATS
  [tshark]=tshark            # another reader of what Skinny phones are told
)
missing=()
for command in "${!packages[@]}"; do
  command -v "$command" >/dev/null 2>&1 || missing+=("${packages[$command]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then
  echo "installing from Debian: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # A service that the package would start is not wanted: tests start their own.
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null && exit 0
  echo "could not install ${missing[*]}" >&2
fi
echo "missing Debian packages: ${missing[*]}; the tests that need them are skipped" >&2
echo "install them with: apt-get install ${missing[*]}" >&2
exit 0
