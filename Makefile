.DEFAULT_GOAL := help
.PHONY: help test test-full lint api fuzz soak bench bench-quick

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

test: ## what every change passes: under 5 minutes, needs Go alone
	@internal/scripts/test.sh

test-full: ## every case, 32 bits, no assembly, real browsers, proxies and foreign peers
	@internal/scripts/test-full.sh

lint: ## gofmt, go mod tidy, go vet for all systems, staticcheck, govulncheck
	@internal/scripts/lint.sh

api: ## write api.txt, the record of the exported surface, anew
	go test ./internal/house -run API -update

fuzz: ## fuzz each target in turn: make fuzz FUZZTIME=5m
	@FUZZTIME=$(FUZZTIME) FUZZPROCS=$(FUZZPROCS) internal/scripts/fuzz.sh

soak: ## the library's tests again and again, then fuzzing: make soak SOAKCOUNT=10
	@FUZZTIME=$(FUZZTIME) SOAKCOUNT=$(SOAKCOUNT) internal/scripts/soak.sh

bench: ## measure beside other servers, by the hour; results go to bench/results
	cd bench && go run ./run

bench-quick: ## the same in minutes, with less certainty
	cd bench && go run ./run -quick
