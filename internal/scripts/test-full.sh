#!/usr/bin/env bash
# Everything: the core on 32 bits and without assembly, then all modules with
# long seeds and every case, and with the browsers, proxies and foreign peers
# that some talk to. A test whose program is missing is skipped, or fails with DUPLEX_REQUIRE_ALL=1.
. "$(dirname "$0")/lib.sh"

core=$(go list ./... | grep -E '/(protocol|internal)(/|$)' | grep -v '/internal/house$')

# shellcheck disable=SC2086
case "$(go env GOHOSTOS)/$(go env GOHOSTARCH)" in
*/386 | linux/amd64 | windows/amd64)
	heading 'the core on 32 bits'
	step env GOARCH=386 go test -timeout 10m $core
	;;
*)
	heading 'the core on 32 bits: compiled only, this machine cannot run it'
	step env GOOS=linux GOARCH=386 go vet $core
	;;
esac

heading 'the core without assembly'
# shellcheck disable=SC2086
step go test -tags purego -timeout 10m $core

export DUPLEX_FULL=1
for dir in $(modules); do
	has_packages "$dir" || continue
	heading "every test of $(name "$dir"), fuzz seeds too"
	step go_in "$dir" test -timeout 15m ./...
done

finish 'make test-full'
