module github.com/duplexws/duplex

go 1.26

require github.com/segmentio/asm v1.2.1 // indirect
