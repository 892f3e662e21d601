#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds container images without a container engine: static programs, their
# parts as CycloneDX, and an archive for each in dist/images. The same commit
# gives the same bytes.
#
#   hack/images.sh NAME...    with VERSION, ARCH (amd64), REGISTRY and PUSH from
#                             the environment
set -euo pipefail
cd "$(dirname "$0")/.."
export GOTOOLCHAIN=auto GOFLAGS=-buildvcs=false

version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
arch=${ARCH:-amd64}
registry=${REGISTRY:+${REGISTRY%/}/}
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
created=$(git log -1 --format=%ct 2>/dev/null || echo 0)
programs=$PWD/dist/linux-$arch
mkdir -p "$programs" dist/images dist/sbom

# module_of NAME: the module and package that a program is built from.
module_of() {
  case $1 in
    offhook) echo offhook . ;;
    operator) echo operator . ;;
    nats) echo services github.com/nats-io/nats-server/v2 ;;
    *) echo services "./$1" ;;
  esac
}

(cd tools && GOWORK=off go build -o ../dist/image ./image)
for name in "$@"; do
  read -r module package < <(module_of "$name")
  program=$programs/$name
  [ "$name" = nats ] && program=$programs/nats-server
  (cd "$module" && GOWORK=off CGO_ENABLED=0 GOOS=linux GOARCH=$arch go build -trimpath \
    -ldflags "-s -w -X offhook.dev/services/process.Version=$version" -o "$program" "$package")
  sbom=dist/sbom/$name.cdx.json
  hack/tool cyclonedx-gomod bin -json -std -noserial -notimestamp -version "$version" -output "$sbom" "$program" 2>/dev/null
  dist/image -program "$program" -sbom "$sbom" -reference "${registry}offhook/$name:$version" -output "dist/images/$name.tar" \
    -architecture "$arch" -version "$version" -revision "$revision" -created "$created" ${PUSH:+-push}
done
(cd dist && sha256sum images/*.tar sbom/*.json >SHA256SUMS)
