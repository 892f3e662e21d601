#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every test of every module. The race detector needs a C compiler; where
# there is none the tests run without it, and that is said.
set -euo pipefail
cd "$(dirname "$0")/.."

export GOTOOLCHAIN=auto GOFLAGS=-buildvcs=false
race=(-race)
if ! command -v gcc >/dev/null 2>&1; then
  echo "no gcc: tests run without the race detector" >&2
  race=()
fi
runner=$PWD/hack/tool

status=0
for module in csta proto services operator/api operator offhook test; do
  echo "== $module"
  flags=(-count=1 -timeout=20m "${race[@]}")
  (cd "$module" && "$runner" gotestsum --format pkgname-and-test-fails --format-hide-empty-pkg -- "${flags[@]}" ./...) || status=1
done
exit $status
