# go run downloads these tools, so that they are not in go.mod.
GOLANGCI_LINT = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
OASDIFF       = github.com/oasdiff/oasdiff@v1.35.0

GENERATED = gen/openapi.gen.go gen/operations.gen.go gen/services.gen.go ringcx/ringcxtest/internal/contract/openapi.json

FUZZTIME  = 30s
KILLTIME  = 5m
SEEDS     = 1000
FLEETS    = 60
PROCESSES = 20
HOURS     = 24

# SIMCOVERED are the files and functions of package ringcx that the simulation must cover
# without other tests: logout, store outage, deferral, circuit breaker, and the merge of a
# record. SIMKINDS is the number of fleets for -sim.kinds: one for each kind of failure, and
# more that combine several kinds.
SIMCOVERED = logout.go outage.go failure.go breaker.go \
	shared.go:sharedRenewer.renewInOutage,sharedRenewer.renewAlone,sharedRenewer.permitAlone \
	shared.go:sharedRenewer.defers,sharedRenewer.leaveToOthers \
	sharedrecord.go:leases.clear \
	record.go:record.merge,record.session session.go:tokens.setRequested,session.add
SIMKINDS   = 90

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: generate
generate: ## Generate the Go code from openapi.yaml.
	go generate ./...

.PHONY: test
test: ## Run the tests. Needs only Go.
	go test ./...

.PHONY: demo
demo: ## Run the demo against a fake RingCX in memory.
	go run ./cmd/ringcx demo

.PHONY: demo-text
demo-text: ## Write docs/demo.txt, and the part of it that README.md shows.
	go test ./cmd/ringcx -run '^TestDemoText$$' -update

.PHONY: operations
operations: ## Write docs/operations.md, the list of all operations.
	go test . -run '^TestOperationsFile$$' -update

.PHONY: check
check: vet lint metrics drift lint-spec check-bench check-otel stores ## Run all checks: format, vet, lint, metrics, drift, spec, other modules, tests with the race detector.
	go test -race -timeout 20m ./...

.PHONY: vet
vet: ## Check formatting, go.mod, and the code for Linux, macOS and Windows.
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on: $$unformatted"; exit 1; }
	go mod tidy -diff
	go vet ./...
	GOOS=darwin go vet ./...
	GOOS=windows go vet ./...

.PHONY: lint
lint: ## Run the linters of .golangci.yml, also on bench, otel and stores. The first run builds them, which takes minutes.
	@{ go run $(GOLANGCI_LINT) run ./... && (cd bench && go run $(GOLANGCI_LINT) run ./...) && (cd otel && go run $(GOLANGCI_LINT) run ./...) && (cd stores && go run $(GOLANGCI_LINT) run ./...); } || { \
		echo "Fix what is listed above. If a linter is wrong about a line, add //nolint:LINTER // reason to it."; exit 1; }

.PHONY: metrics
metrics: ## Check the size and shape of package ringcx, and the language of all text.
	@go run ./internal/metrics || { \
		echo "Change what is listed above. The limits are constants in internal/metrics, the words are in internal/metrics/words.go."; exit 1; }

.PHONY: drift
drift: ## Check that the generated code matches openapi.yaml.
	@before=$$(cat $(GENERATED) | git hash-object --stdin) && $(MAKE) --no-print-directory generate && \
		test "$$before" = "$$(cat $(GENERATED) | git hash-object --stdin)" \
		|| { echo "The generated code did not match openapi.yaml. 'make generate' has updated it: commit the result."; exit 1; }

.PHONY: lint-spec
lint-spec: ## Check openapi.yaml with oasdiff, and with redocly and spectral if npm is installed.
	go run $(OASDIFF) validate --fail-on WARN openapi.yaml
	@if command -v npm >/dev/null; then \
		npm ci --prefix .ci --no-audit --no-fund --silent && \
		REDOCLY_TELEMETRY=off .ci/node_modules/.bin/redocly lint --extends=recommended-strict openapi.yaml && \
		.ci/node_modules/.bin/spectral lint --ruleset .ci/spectral.yaml --fail-severity hint openapi.yaml; \
	else echo "npm is not installed: skipping redocly and spectral, which CI runs"; fi

.PHONY: check-bench
check-bench: ## Build, vet and test the benchmarks, which are a separate module.
	cd bench && go mod tidy -diff && go vet ./... && go build -o /dev/null . && go test ./...

.PHONY: check-otel
check-otel: ## Vet and test the module for OpenTelemetry, also for macOS and Windows.
	cd otel && go mod tidy -diff && go vet ./... && GOOS=darwin go vet ./... && GOOS=windows go vet ./... && go test -race ./...

.PHONY: stores
stores: ## Test the Stores on PostgreSQL, MariaDB and Redis, as far as they are installed.
	cd stores && go mod tidy -diff && go vet ./... && go test -race ./...

.PHONY: kills
kills: ## Kill processes that share a session and fail their servers, for KILLTIME (5m).
	cd stores && go test . -run '^TestKills$$' -count=1 -v -timeout 0 -kills.time=$(KILLTIME)

.PHONY: bench
bench: ## Compare with other libraries and write bench/RESULTS.md. Takes minutes.
	cd bench && go run .

.PHONY: sim
sim: fleets ## Simulate failures: SEEDS (1000) runs of one process, and FLEETS (60) of PROCESSES (20).
	go test ./ringcx -run Simulation -cpu 1 -timeout 0 -sim.seeds=$(SEEDS) -sim.hours=$(HOURS)
	go test ./ringcx -run Processes -timeout 5m -processes.time=60s

.PHONY: fleets
fleets: ## Simulate only the FLEETS.
	go test ./ringcx -run '^TestFleet' -cpu 1 -timeout 0 -sim.fleets=$(FLEETS) -sim.hours=$(HOURS) -sim.processes=$(PROCESSES)
	go test ./ringcx -run '^TestFleet$$' -cpu 1 -timeout 0 -sim.kinds -sim.fleets=$(SIMKINDS) -sim.processes=8

.PHONY: simcover
simcover: ## Check that the simulation without other tests covers every statement of SIMCOVERED.
	@profile=$$(mktemp) && trap 'rm -f "$$profile"' EXIT && \
		go test ./ringcx -run '^(TestSimulation|TestFleet)' -cpu 1 -timeout 10m -coverprofile="$$profile" \
			-sim.kinds -sim.fleets=$(SIMKINDS) -sim.processes=8 && \
		awk -v files='$(SIMCOVERED)' -f .ci/simcover.awk "$$profile"

.PHONY: full
full: ## Generate, build and test a copy of the module at the size of the whole API. Takes minutes.
	go test -tags full ./internal/fullspec -run '^TestModule$$' -count=1 -v -timeout 20m

.PHONY: mutants
mutants: ## Change one line at a time and expect a test to fail. Takes up to half an hour.
	go run ./internal/mutants -all

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (30s).
	@go list ./... | while read -r pkg; do \
		for target in $$(go test -list '^Fuzz' "$$pkg" | grep '^Fuzz'); do \
			echo "$$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$pkg" || exit 1; \
		done; \
	done
