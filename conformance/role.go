package conformance

import (
	"fmt"
	"slices"
)

// Roles are the endpoints that a case can judge.
type Roles uint8

// The roles, which can be added up.
const (
	Servers Roles = 1 << iota
	Clients
)

func (r Roles) String() string {
	switch r {
	case Servers:
		return "servers"
	case Clients:
		return "clients"
	}
	return "servers and clients"
}

// casesFor returns the selected cases that judge peers of a role.
func (o *Options) casesFor(role Roles) ([]Case, error) {
	cases, err := o.cases()
	if err != nil {
		return nil, err
	}
	some := len(cases) > 0
	cases = slices.DeleteFunc(cases, func(c Case) bool { return c.Judges&role == 0 })
	if some && len(cases) == 0 {
		return nil, fmt.Errorf("conformance: none of these cases judges %v", role)
	}
	return cases, nil
}
