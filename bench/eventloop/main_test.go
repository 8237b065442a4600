package main

import (
	"testing"

	"github.com/duplexws/duplex/bench/internal/echotest"
)

func TestMain(m *testing.M) { echotest.Main(m, main) }

func TestEcho(t *testing.T) { echotest.Run(t, echotest.Start(t)) }

func TestAllocs(t *testing.T) { echotest.Allocs(t, echotest.Start(t)) }

func TestStrict(t *testing.T) { echotest.Strict(t, echotest.Start(t)) }
