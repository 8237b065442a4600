package cli

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a flag for a number of octets, such as 64KiB, 32MiB or 1000.
type Size int64

var units = []struct {
	suffix string
	octets int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9},
	{"B", 1},
}

var errSize = errors.New("write a whole number of octets, at least 1, such as 1000, 64KiB or 32MiB")

// Set reads a size.
func (s *Size) Set(value string) error {
	factor := int64(1)
	for _, u := range units {
		if len(value) > len(u.suffix) && strings.EqualFold(value[len(value)-len(u.suffix):], u.suffix) {
			value, factor = strings.TrimSpace(value[:len(value)-len(u.suffix)]), u.octets
			break
		}
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64/factor {
		return errSize
	}
	*s = Size(n * factor)
	return nil
}

// String returns the size in the largest unit that divides it.
func (s *Size) String() string {
	n := int64(*s)
	for i := 2; i >= 0; i-- {
		if u := units[i]; n >= u.octets && n%u.octets == 0 {
			return strconv.FormatInt(n/u.octets, 10) + u.suffix
		}
	}
	return strconv.FormatInt(n, 10)
}

// Type names the kind of value for help.
func (s *Size) Type() string { return "SIZE" }
