module github.com/duplexws/duplex/e2e

go 1.26

replace github.com/duplexws/duplex => ..

require github.com/duplexws/duplex v0.0.0-00010101000000-000000000000
