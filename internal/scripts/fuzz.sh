#!/usr/bin/env bash
# Fuzzes each target of the library in turn, FUZZTIME long (30s), on FUZZPROCS
# processors (all). The input of a crash stays in testdata/fuzz.
. "$(dirname "$0")/lib.sh"

FUZZTIME=${FUZZTIME:-30s}
while read -r dir target; do
	heading "$target in ${dir#"$PWD"/}, $FUZZTIME"
	step go test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" ${FUZZPROCS:+-parallel "$FUZZPROCS"} "$dir"
done < <(functions 'Fuzz\w+')

finish 'make fuzz'
