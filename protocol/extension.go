package protocol

import (
	"errors"
	"fmt"
	"slices"
)

// Extension is one element of Sec-WebSocket-Extensions: what a client offers,
// or what a server accepted
// (https://www.rfc-editor.org/rfc/rfc6455#section-9.1).
type Extension struct {
	Name   string // a token; upper and lower case differ
	Params []Param
}

// Param is a parameter of an [Extension]. A Value is never empty where there
// is one: "" says that the parameter has none.
type Param struct {
	Name  string // a token
	Value string // a token, however it was quoted
}

// Bounds on what is kept of a list of extensions.
const (
	// MaxExtensionOffers is the number of offers that a server considers; it
	// declines those behind.
	MaxExtensionOffers = 16
	// MaxExtensionParams is the number of parameters that one extension may
	// have; more make the field malformed.
	MaxExtensionParams = 16
)

// ParseExtensions reads the values of all Sec-WebSocket-Extensions fields, in
// their order. It returns the first max elements; the rest is checked and
// dropped. It fails if any of it breaks the grammar or has more than
// [MaxExtensionParams] parameters. The strings share memory with values.
func ParseExtensions(values []string, max int) ([]Extension, error) {
	list, _, wrong := parseExtensions(values, max)
	if wrong != "" {
		return nil, errors.New("websocket: " + wrong)
	}
	return list, nil
}

// parseExtensions also returns the number of elements that there were, and
// what is wrong, "" if nothing is.
func parseExtensions(values []string, max int) (list []Extension, total int, wrong string) {
	list, total, hollow, wrong := parseOffers(values, max)
	if hollow && wrong == "" {
		wrong = malformedExtensions
	}
	if wrong != "" {
		return nil, 0, wrong
	}
	return list, total, ""
}

const malformedExtensions = "Sec-WebSocket-Extensions is malformed (write: name; param; param=value, name)"

// parseOffers is parseExtensions for a server, which declines an element with
// an empty value instead of refusing the rest: it is left out, and hollow set.
func parseOffers(values []string, max int) (list []Extension, total int, hollow bool, wrong string) {
	in := newHeaderList(values)
	for in.next() {
		e, empty, ok := readExtension(&in, total < max)
		if !ok {
			return nil, 0, false, "an extension in Sec-WebSocket-Extensions has more parameters than are allowed"
		}
		if total < max && !empty {
			list = append(list, e)
		}
		hollow = hollow || empty
		total++
	}
	// 1#extension: a field without any element is malformed too.
	if in.malformed || total == 0 && len(values) > 0 {
		return nil, 0, false, malformedExtensions
	}
	return list, total, hollow, ""
}

// readExtension reads one element of the list, and says whether it has an empty
// value; ok is false if there are too many parameters.
func readExtension(in *headerList, keep bool) (e Extension, hollow, ok bool) {
	e.Name = in.token()
	for n := 0; !in.malformed && in.take(';'); n++ {
		if n == MaxExtensionParams {
			return Extension{}, false, false
		}
		p := Param{Name: in.token()}
		if in.take('=') {
			if in.hollow() {
				hollow = true
			} else {
				p.Value = in.value()
			}
		}
		if keep {
			e.Params = append(e.Params, p)
		}
	}
	return e, hollow, true
}

// AppendExtensions appends the value of a Sec-WebSocket-Extensions field. It
// fails, and returns dst as it was, if a name or a value is no token.
func AppendExtensions(dst []byte, list []Extension) ([]byte, error) {
	out, err := appendExtensions(dst, list)
	if err != nil {
		return dst, fmt.Errorf("websocket: %w", err)
	}
	return out, nil
}

func appendExtensions(dst []byte, list []Extension) ([]byte, error) {
	for i, e := range list {
		if !isToken(e.Name) {
			return nil, fmt.Errorf("the name of an extension must be a token: %s", excerpt(e.Name))
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, e.Name...)
		for _, p := range e.Params {
			if !isToken(p.Name) || p.Value != "" && !isToken(p.Value) {
				return nil, fmt.Errorf("a parameter of extension %s must consist of tokens: %s, %s", e.Name, excerpt(p.Name), excerpt(p.Value))
			}
			dst = append(append(dst, "; "...), p.Name...)
			if p.Value != "" {
				dst = append(append(dst, '='), p.Value...)
			}
		}
	}
	return dst, nil
}

// checkAccepted returns what is wrong with the extensions that a server
// accepted, given those that were offered, "" if nothing is. An extension that
// was not offered must not be accepted
// (https://www.rfc-editor.org/rfc/rfc6455#section-9.1), and none can be in use
// twice.
func checkAccepted(accepted, offered []Extension) (wrong string) {
	for i, e := range accepted {
		if !hasExtension(offered, e.Name) {
			return "the server accepted extension " + excerpt(e.Name) + ", which the client did not offer"
		}
		if hasExtension(accepted[:i], e.Name) {
			return "the server accepted extension " + excerpt(e.Name) + " twice"
		}
	}
	return ""
}

func hasExtension(list []Extension, name string) bool {
	return slices.ContainsFunc(list, func(e Extension) bool { return e.Name == name })
}
