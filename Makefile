# SPDX-License-Identifier: Apache-2.0
#
# `make help` lists what there is. Everything it needs beyond Go and make is
# fetched: Go modules and the Go toolchain named in go.work through the module
# proxy, Debian packages where this is root on Debian.

SHELL         := /bin/bash
.SHELLFLAGS   := -eu -o pipefail -c
.DEFAULT_GOAL := help

export GOTOOLCHAIN := auto
export GOFLAGS     := -buildvcs=false

MODULES  := csta proto services operator/api operator offhook test
SERVICES := sip-edge csta-session monitor phone-control
BINARIES := offhook offhookctl operator $(SERVICES)
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X offhook.dev/services/process.Version=$(VERSION)
TOOL     := $(CURDIR)/hack/tool

##@ Use

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN {FS = ":.*##"; printf "Usage: make \033[36mTARGET\033[0m\n"} \
	  /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} \
	  /^[a-zA-Z0-9_-]+:.*##/ {printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: bin/offhook ## Run Offhook on this machine with three software phones and a live CSTA session.
	bin/offhook run --manifests deploy/samples/quickstart --demo

.PHONY: build
build: $(addprefix bin/,$(BINARIES)) ## Build all binaries into bin/.

##@ Release

IMAGES := $(SERVICES) operator offhook offhookctl nats

.PHONY: images
images: ## Build all container images into dist/images, without a container engine (ARCH=amd64).
	@VERSION=$(VERSION) hack/images.sh $(IMAGES)

.PHONY: image-%
image-%: ## Build one image, for example image-sip-edge.
	@VERSION=$(VERSION) hack/images.sh $*

.PHONY: push
push: ## Build all images and push them to REGISTRY, with docker's credentials.
	@test -n "$(REGISTRY)" || { echo "say where to: make push REGISTRY=registry.example.com" >&2; exit 2; }
	@VERSION=$(VERSION) REGISTRY=$(REGISTRY) PUSH=1 hack/images.sh $(IMAGES)

##@ Check

.PHONY: test
test: deps ## Run all tests: unit, race, rules, end to end with real phones.
	@hack/test.sh

.PHONY: unit
unit: ## Run the unit tests only, without the race detector.
	@for module in $(filter-out test,$(MODULES)); do echo "== $$module"; (cd $$module && go test ./...); done

.PHONY: race
race: ## Run the unit tests under the race detector.
	@for module in $(filter-out test,$(MODULES)); do echo "== $$module"; (cd $$module && go test -race ./...); done

.PHONY: e2e
e2e: deps e2e-processes e2e-cluster ## Run all end-to-end tests: processes with real phones, then a real Kubernetes cluster.

.PHONY: e2e-processes
e2e-processes: ## Run the end-to-end tests of processes (baresip and nats-server where installed).
	cd test && go test -count=1 -timeout 15m ./e2e/...

.PHONY: e2e-cluster
e2e-cluster: ## Install, use, scale, restart, upgrade and uninstall the chart on ../shared/cluster, where it is.
	@hack/e2e.sh

.PHONY: fuzz
fuzz: ## Fuzz every fuzz target for FUZZTIME (default 20s) each.
	@hack/fuzz.sh $(or $(FUZZTIME),20s)

.PHONY: bench
bench: ## Run the INFO path and fan-out benchmarks and print their ratios.
	cd test && go run ./bench

.PHONY: microbench
microbench: ## Run the Go benchmarks of all modules with allocation counts.
	@for module in $(filter-out test,$(MODULES)); do (cd $$module && go test -run '^$$' -bench . -benchmem ./...); done

##@ Develop

.PHONY: generate
generate: ## Regenerate the codec, the protobuf code and the deep-copy functions.
	cd csta && go generate ./...
	cd proto && $(TOOL) buf lint && GOWORK=off $(TOOL) buf generate
	cd operator/api && GOWORK=off $(TOOL) controller-gen object paths=./...
	cd operator/api && GOWORK=off $(TOOL) controller-gen crd paths=./v1alpha1 output:crd:dir=$(CURDIR)/charts/offhook/files/crds

.PHONY: fmt
fmt: ## Format the Go code.
	$$(cd services && go env GOROOT)/bin/gofmt -w $(MODULES)

.PHONY: lint
lint: ## Lint every module (the first run builds the linter, which takes minutes).
	@for module in $(MODULES); do echo "== $$module"; (cd $$module && $(TOOL) golangci-lint run --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: verify
verify: generate ## Fail when generated files are not what the sources give, or a module needs go.work to build.
	git diff --exit-code
	@for module in $(MODULES); do (cd $$module && GOWORK=off go build ./... && GOWORK=off go vet ./...); done

.PHONY: deps
deps: ## Install what the tests need from Debian (as root on Debian; else say what is missing).
	@hack/deps.sh

.PHONY: clean
clean: ## Remove what the build made.
	rm -rf bin dist

bin/offhook: FORCE
	@mkdir -p bin
	@cd offhook && CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(CURDIR)/$@ .

bin/operator: FORCE
	@mkdir -p bin
	@cd operator && CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(CURDIR)/$@ .

bin/%: FORCE
	@mkdir -p bin
	@cd services && CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(CURDIR)/$@ ./$*

.PHONY: FORCE
FORCE:
