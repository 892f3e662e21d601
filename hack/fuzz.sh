#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Finds every fuzz target by itself and runs each for the time given.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=auto GOFLAGS=-buildvcs=false
time=${1:-20s}
for module in csta services operator/api; do
  while read -r package target; do
    echo "== $package $target"
    (cd "$module" && go test -run '^$' -fuzz "^${target}\$" -fuzztime "$time" -fuzzminimizetime 10x "$package")
  done < <(cd "$module" && grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do
    grep -o '^func Fuzz[A-Za-z0-9_]*' "$file" | awk -v package="$(dirname "$file")" '{print package, $2}'
  done)
done
