# Sourced by the other scripts: where they run, and what they share.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

heading() { printf '\n== %s\n' "$*"; }

# modules lists the folders of all modules of the workspace.
modules() { go list -m -f '{{.Dir}}'; }

# plain_modules lists those whose tests need Go and nothing else.
plain_modules() { modules | grep -vE '/(bench|e2e|examples)$'; }

# go_in DIR ARGS... runs go in the folder of a module.
go_in() { (cd "$1" && shift && go "$@"); }

# name DIR prints the path of a module.
name() { awk '$1 == "module" { print $2 }' "$1/go.mod"; }

# has_packages DIR: go vet and go test fail in a module that has none yet.
has_packages() { [ -n "$(go_in "$1" list ./... 2>/dev/null)" ]; }

# functions REGEXP lists the test functions of the library whose names match,
# each behind the folder of its package.
functions() {
	go list -e -f '{{range .TestGoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}' ./... |
		grep . | xargs grep -HoE "^func $1\b" | sed -E 's|/[^/]*:func | |' | sort -u
}

# step runs a command; when it fails, the steps after it still run, and finish
# NAME ends the script as failed.
failed=0
step() { "$@" || failed=1; }
finish() {
	[ "$failed" = 0 ] && return
	printf '\n%s: FAILED\n' "$1" >&2
	exit 1
}
