# Every tool but Go is run from its module, so that go.mod stays small.
GOLANGCI_LINT = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
OASDIFF       = github.com/oasdiff/oasdiff@v1.35.0

GENERATED = gen/openapi.gen.go ringcx/ringcxtest/internal/api/openapi.gen.go

FUZZTIME = 30s
SEEDS    = 1000
FLEETS   = 60
HOSTS    = 20
HOURS    = 24

# The files of package ringcx that the simulation alone must cover, and for how many
# fleets it runs: one for each kind of trouble, and more that mix them.
SIMCOVERED = logout.go outage.go aside.go brake.go reconcile.go
SIMKINDS   = 90

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: generate
generate: ## Make the Go code from openapi.yaml.
	go generate ./...

.PHONY: test
test: ## Run the tests. Needs Go alone.
	go test ./...

.PHONY: demo
demo: ## Show the whole story against a RingCX in memory.
	go run ./cmd/ringcx demo

.PHONY: check
check: vet lint metrics drift lint-spec check-bench ## Do what CI does: format, vet, lint, metrics, drift, spec, tests with the race detector.
	go test -race ./...

.PHONY: vet
vet: ## Check the format, the modules and the code, for three systems.
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on: $$unformatted"; exit 1; }
	go mod tidy -diff
	go vet ./...
	GOOS=darwin go vet ./...
	GOOS=windows go vet ./...

.PHONY: lint
lint: ## Run the linters of .golangci.yml, also on bench. The first run builds them, which takes minutes.
	@{ go run $(GOLANGCI_LINT) run ./... && cd bench && go run $(GOLANGCI_LINT) run ./...; } || { \
		echo "Fix what is listed above. If a linter is wrong about a line, add //nolint:LINTER // reason to it."; exit 1; }

.PHONY: metrics
metrics: ## Check the size and shape of package ringcx, and the language of all text.
	@go run ./internal/metrics || { \
		echo "Change what is listed above. The limits are constants in internal/metrics, the words are in internal/metrics/words.go."; exit 1; }

.PHONY: drift
drift: ## Check that the generated code is that of openapi.yaml.
	@before=$$(cat $(GENERATED) | git hash-object --stdin) && $(MAKE) --no-print-directory generate && \
		test "$$before" = "$$(cat $(GENERATED) | git hash-object --stdin)" \
		|| { echo "The generated code was not that of openapi.yaml: commit what 'make generate' has made of it now."; exit 1; }

.PHONY: lint-spec
lint-spec: ## Check openapi.yaml with oasdiff, and with redocly where npm is there.
	go run $(OASDIFF) validate --fail-on WARN openapi.yaml
	@if command -v npm >/dev/null; then \
		npm ci --prefix .ci --no-audit --no-fund --silent && \
		REDOCLY_TELEMETRY=off .ci/node_modules/.bin/redocly lint --extends=recommended-strict openapi.yaml; \
	else echo "npm is not there: redocly is left to CI"; fi

.PHONY: check-bench
check-bench: ## Build and vet the benchmarks, a module of their own.
	cd bench && go mod tidy -diff && go vet ./... && go build -o /dev/null . && go test ./...

.PHONY: bench
bench: ## Measure beside the peers and write bench/RESULTS.md. Takes minutes.
	cd bench && go run .

.PHONY: sim
sim: fleets ## Simulate SEEDS (1000) days of a program in trouble, and FLEETS (60) of HOSTS (20).
	go test ./ringcx -run Simulation -cpu 1 -timeout 0 -sim.seeds=$(SEEDS) -sim.hours=$(HOURS)
	go test ./ringcx -run Processes -timeout 5m -processes.time=60s

.PHONY: fleets
fleets: ## Simulate the FLEETS alone.
	go test ./ringcx -run '^TestFleet' -cpu 1 -timeout 0 -sim.fleets=$(FLEETS) -sim.hours=$(HOURS) -sim.hosts=$(HOSTS)
	go test ./ringcx -run '^TestFleet$$' -cpu 1 -timeout 0 -sim.kinds -sim.fleets=$(SIMKINDS) -sim.hosts=8

.PHONY: simcover
simcover: ## Check that the simulation alone reaches every statement of SIMCOVERED.
	@profile=$$(mktemp) && trap 'rm -f "$$profile"' EXIT && \
		go test ./ringcx -run '^(TestSimulation|TestFleet)' -cpu 1 -timeout 10m -coverprofile="$$profile" \
			-sim.kinds -sim.fleets=$(SIMKINDS) -sim.hosts=8 && \
		awk -v files='$(SIMCOVERED)' -f .ci/simcover.awk "$$profile"

.PHONY: mutants
mutants: ## Change one line at a time and expect a test to fail. Takes half an hour at most.
	go run ./internal/mutants -all

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (30s).
	@go list ./... | while read -r pkg; do \
		for target in $$(go test -list '^Fuzz' "$$pkg" | grep '^Fuzz'); do \
			echo "$$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$pkg" || exit 1; \
		done; \
	done
