#!/usr/bin/env bash
# gofmt, go mod tidy, go vet for every system that is supported, staticcheck and
# govulncheck, the last two at the versions that internal/tools pins.
. "$(dirname "$0")/lib.sh"

heading gofmt
unformatted=$(find . -name '*.go' -print0 | xargs -0 gofmt -l)
if [ -n "$unformatted" ]; then
	printf '%s\n' "$unformatted"
	failed=1
fi

# Each module has to build alone, without the workspace.
heading 'go mod tidy'
for dir in $(modules) internal/tools; do
	(cd "$dir" && GOWORK=off go mod tidy -diff) || failed=1
done

heading 'go vet'
for dir in $(modules); do
	has_packages "$dir" || continue
	step go_in "$dir" vet ./...
done
for target in windows/amd64 darwin/arm64 linux/386 js/wasm; do
	heading "go vet for $target"
	for dir in $(plain_modules); do
		has_packages "$dir" || continue
		step env GOOS="${target%/*}" GOARCH="${target#*/}" CGO_ENABLED=0 go vet -C "$dir" ./...
	done
done

bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
GOWORK=off go build -C internal/tools -o "$bin/" tool

heading staticcheck
for dir in $(modules); do
	has_packages "$dir" || continue
	(cd "$dir" && "$bin/staticcheck" ./...) || failed=1
done

heading govulncheck
for dir in $(plain_modules); do
	has_packages "$dir" || continue
	status=0
	(cd "$dir" && timeout 120 "$bin/govulncheck" ./...) >"$bin/log" 2>&1 || status=$?
	if [ "$status" = 0 ]; then
		tail -n 1 "$bin/log"
	elif grep -q 'fetching vulnerabilities' "$bin/log" || [ "$status" = 124 ]; then
		echo 'NOTE: govulncheck is SKIPPED: its database cannot be reached'
		break
	else
		cat "$bin/log"
		failed=1
	fi
done

finish 'make lint'
