#!/usr/bin/env bash
# What takes minutes to hours and is run by hand: every test of the library,
# long and under the race detector, SOAKCOUNT times (10), then fuzzing.
. "$(dirname "$0")/lib.sh"

heading "every test of the library, ${SOAKCOUNT:=10} times"
DUPLEX_FULL=1 step go test -race -count "$SOAKCOUNT" -shuffle on -timeout 0 ./...

FUZZTIME=${FUZZTIME:-5m} step internal/scripts/fuzz.sh

finish 'make soak'
