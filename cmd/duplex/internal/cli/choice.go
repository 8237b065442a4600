package cli

import (
	"errors"
	"slices"
	"strings"
)

// Choice is a flag for one of a few words.
type Choice struct {
	Value string
	Of    []string
}

// Set reads a word.
func (c *Choice) Set(value string) error {
	if !slices.Contains(c.Of, value) {
		return errors.New("write " + c.list())
	}
	c.Value = value
	return nil
}

func (c *Choice) list() string {
	last := len(c.Of) - 1
	return strings.Join(c.Of[:last], ", ") + " or " + c.Of[last]
}

// String returns the word.
func (c *Choice) String() string { return c.Value }

// Type names the kind of value for help.
func (c *Choice) Type() string { return "WORD" }
