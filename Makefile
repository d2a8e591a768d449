# Plenum. `make` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export CGO_ENABLED := 1

TAGS    := nomsgpack,sqlite_omit_load_extension
# Not where a huge page begins, so that the kernel does not map 2 MiB of the program's file for each page that is needed.
ifeq ($(shell uname),Linux)
SMALL   := -extldflags=-Wl,-Ttext-segment=0x410000
endif
# The same flags everywhere, so that building and testing share what was compiled.
export GOFLAGS := -tags=$(TAGS) -trimpath
MODULES := frontend/node_modules/.package-lock.json
PAGES   := frontend/dist/.built
TOOL    := go tool -modfile=.ci/tools.mod

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: run
run: build ## build everything and start it; prints the address and how to sign in
	@exec bin/plenum serve

.PHONY: build
build: ## bin/plenum with the pages inside
	@$(MAKE) --no-print-directory -j2 bin/plenum

# What needs no pages is compiled while the pages are made.
.PHONY: compiled
compiled: | tools
	@go build ./api/... ./polls/... ./recorder/... ./webinar/...

.PHONY: tools
tools:
	@.ci/need go gcc node npm git

GO_FILES := $(shell find . -name '*.go' -not -path './frontend/node_modules/*' -not -path './.cache/*')
bin/plenum: $(PAGES) $(GO_FILES) go.mod go.sum $(wildcard migrations/*.sql) api/openapi.yaml | tools compiled
	go build -ldflags "-s -w $(SMALL)" -o $@ ./cmd/plenum

$(MODULES): frontend/package-lock.json | tools
	cd frontend && npm ci --no-audit --no-fund
	@touch $@

PAGE_FILES := $(shell find frontend -type f -not -path '*/node_modules/*' -not -path 'frontend/dist/*' -not -name '*.go' -not -path 'frontend/e2e/*')
$(PAGES): $(MODULES) $(PAGE_FILES) api/openapi.yaml
	cd frontend && npm run --silent build
	@touch $@

.PHONY: packages
packages:
	@.ci/packages

# Browser tests, each with a server and browsers of its own: some that measure time, and then the longest first.
ALONE   := firefox player reach
LONGEST := pages journey polls members faults receipt questions beside
# They look at pages in some of their looks by turns, in test-full in all.
LOOKED  := members polls questions receipt beside ballot player scales
BROWSER := $(patsubst frontend/e2e/%.test.mjs,%,$(wildcard frontend/e2e/*.test.mjs))
BROWSE  := node --test --test-reporter=spec --test-concurrency=1 --test-timeout=900000 # ms; what hangs is told

.PHONY: test
test: packages build ## vet, staticcheck, race detector, leaks, page checks, journeys in a browser (≤ 15 minutes on 2 cores)
	@$(MAKE) --no-print-directory -j2 --output-sync=target test-code test-pages test-bugs
	go test -race -timeout 30m -p 3 ./recorder ./cmd/plenum ./... # the longest first; they end long before that, unless the machine is busy elsewhere
	@$(MAKE) --no-print-directory -k -j2 --output-sync=target $(patsubst %,browse-%,$(LONGEST) $(filter-out $(ALONE) $(LONGEST),$(BROWSER)))
	@$(MAKE) --no-print-directory -k $(patsubst %,browse-%,$(ALONE))

.PHONY: test-code test-pages test-bugs
test-code:
	go vet ./...
	$(TOOL) staticcheck ./...
test-pages:
	cd frontend && npm run --silent check
	cd frontend && npm run --silent test
test-bugs:
	go test -run 'Model|SeededBugs|VerifyFindsTampering' ./recorder ./recorder/consent

# make starts them in this order, and node would not.
browse-%:
	$(BROWSE) frontend/e2e/$*.test.mjs

.PHONY: test-full
test-full: packages build ## the bars' full matrix: all pages, sizes, themes and languages; kill loops; long random stories
	go test -count=3 -run 'Model' ./recorder
	go test -run KilledInTheBurst ./cmd/plenum -bursts 20
	go test -run Malformed ./webinar/sfu -malformed 10000
	@if unshare -rn true; then go test -tags $(TAGS),netns -run NoMore ./webinar/sfu; else echo "No network of one's own to be had here: a line that the kernel fills is not tested."; fi
	go test -run I5Killed ./cmd/plenum -kills 20 -timeout 30m
	go test -tags $(TAGS),full -run BrowsersSeek ./cmd/plenum -timeout 30m
	@minio=$$(.ci/minio); [ -z "$$minio" ] || PLENUM_TEST_MINIO=$$minio go test -tags $(TAGS),minio -run MinIO ./recorder/blob
	$(BROWSE) frontend/e2e/full/*.test.mjs
	@PLENUM_LOOKS=all $(MAKE) --no-print-directory -k -j2 --output-sync=target $(patsubst %,browse-%,$(LOOKED))

.PHONY: lint
lint: $(PAGES) ## golangci-lint, eslint, stylelint, knip; govulncheck where its database can be reached
	go tool -modfile=.ci/lint.mod golangci-lint run ./...
	cd frontend && npm run --silent lint
	@.ci/vulnerabilities

.PHONY: soak
soak: packages build ## the long runs: model tests at full length, fuzzing
	.ci/soak

.PHONY: bench
bench: ## every Go benchmark
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: clean
clean: ## remove what was built; your data folder stays
	rm -rf bin frontend/node_modules test-results
	find frontend/dist -mindepth 1 -not -name .gitkeep -delete
