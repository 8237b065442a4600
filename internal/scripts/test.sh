#!/usr/bin/env bash
# The tests that need Go alone: once with the race detector, then those without
# it that count allocations and sizes, or of which the detector has time for a
# part only.
. "$(dirname "$0")/lib.sh"

race=
if [ "$(go env CGO_ENABLED)" = 1 ] && command -v "$(go env CC | cut -d' ' -f1)" >/dev/null; then
	race=-race
else
	echo 'NOTE: the race detector is OFF: it needs CGO_ENABLED=1 and a C compiler'
fi

for dir in $(plain_modules); do
	has_packages "$dir" || continue
	heading "tests of $(name "$dir")${race:+ with the race detector}"
	step go_in "$dir" test $race -timeout 10m ./...
done

heading 'allocations, sizes and the conformance suite, without the race detector'
whole='Allocs|Sizes|Conformance|Mutants|RightEndpoints|NeedAnEcho'
packages=$(functions "Test\w*($whole)\w*" | cut -d' ' -f1 | sort -u)
# shellcheck disable=SC2086
step go test -run "$whole" -timeout 10m $packages

finish 'make test'
