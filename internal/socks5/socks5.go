// Package socks5 is the client's half of SOCKS version 5
// (https://www.rfc-editor.org/rfc/rfc1928): CONNECT, without authentication or
// with a user name and password (https://www.rfc-editor.org/rfc/rfc1929).
package socks5

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// A User is who asks. The name has 1 to 255 octets, the password up to 255: some
// proxies want none, though RFC 1929 has no room for that.
type User struct{ Name, Password string }

// A RefusedError is a proxy's own word that it does not connect.
type RefusedError struct {
	Code byte // the reply, 1 to 255
}

// Replies that are not about the host and the network
// (https://www.rfc-editor.org/rfc/rfc1928#section-6).
const (
	NotAllowed    = 2
	Expired       = 6
	NoCommand     = 7
	NoAddressType = 8
)

func (e *RefusedError) Error() string {
	if int(e.Code) < len(replies) {
		return replies[e.Code]
	}
	return fmt.Sprintf("unassigned reply %d", e.Code)
}

var replies = [...]string{
	1: "general failure", "not allowed by the ruleset", "network unreachable", "host unreachable",
	"connection refused", "time to live expired", "command not supported", "address type not supported",
}

// Errors of Connect, besides those of rw and [*RefusedError].
var (
	// ErrAuth: the proxy wants a user name and password, or other than these.
	ErrAuth = errors.New("the proxy does not accept this user name and password, or the lack of them")
	// ErrProtocol: what answers does not speak SOCKS version 5.
	ErrProtocol = errors.New("the proxy does not speak SOCKS version 5")
	// ErrTooLong: host, name or password do not fit into a request.
	ErrTooLong = errors.New("host and user name must have 1 to 255 octets, and the password no more")
)

const (
	version     = 5
	authVersion = 1

	methodNone     = 0
	methodPassword = 2

	commandConnect = 1

	typeIPv4 = 1
	typeName = 3
	typeIPv6 = 4
)

// Connect asks the proxy behind rw to connect to a host, which is a name that
// the proxy resolves or an IP address, and a port. It reads not one octet more
// than the proxy's replies: what follows on rw is the host's. user is nil for
// nobody. Connect does not bound its own time.
func Connect(rw io.ReadWriter, host string, port uint16, user *User) error {
	request, err := appendRequest(nil, host, port)
	if err != nil {
		return err
	}
	if err := greet(rw, user); err != nil {
		return err
	}
	if _, err := rw.Write(request); err != nil {
		return err
	}
	return readReply(rw)
}

// greet agrees on a method of authentication and does it (RFC 1928 3).
func greet(rw io.ReadWriter, user *User) error {
	greeting := []byte{version, 1, methodNone}
	if user != nil {
		if !fits(user.Name) || len(user.Password) > 255 {
			return ErrTooLong
		}
		greeting = []byte{version, 2, methodNone, methodPassword}
	}
	if _, err := rw.Write(greeting); err != nil {
		return err
	}
	var answer [2]byte
	if err := readFull(rw, answer[:]); err != nil {
		return err
	}
	switch {
	case answer[0] != version:
		return ErrProtocol
	case answer[1] == methodNone:
		return nil
	case answer[1] == methodPassword && user != nil:
		return authenticate(rw, user)
	}
	return ErrAuth
}

// authenticate is RFC 1929 2.
func authenticate(rw io.ReadWriter, user *User) error {
	p := append([]byte{authVersion, byte(len(user.Name))}, user.Name...)
	p = append(append(p, byte(len(user.Password))), user.Password...)
	if _, err := rw.Write(p); err != nil {
		return err
	}
	var answer [2]byte
	if err := readFull(rw, answer[:]); err != nil {
		return err
	}
	if answer[1] != 0 {
		return ErrAuth
	}
	return nil
}

func appendRequest(p []byte, host string, port uint16) ([]byte, error) {
	p = append(p, version, commandConnect, 0)
	addr, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		if !fits(host) {
			return nil, ErrTooLong
		}
		p = append(append(p, typeName, byte(len(host))), host...)
	case addr.Is4():
		p = append(append(p, typeIPv4), addr.AsSlice()...)
	default: // its zone would mean nothing to another host
		p = append(append(p, typeIPv6), addr.AsSlice()...)
	}
	return append(p, byte(port>>8), byte(port)), nil
}

// readReply is RFC 1928 6. The address that the proxy connected from is of no
// use to a client.
func readReply(r io.Reader) error {
	var head [5]byte // up to the first octet of the address
	if err := readFull(r, head[:2]); err != nil {
		return err
	}
	switch {
	case head[0] != version:
		return ErrProtocol
	case head[1] != 0: // some proxies end here
		return &RefusedError{head[1]}
	}
	if err := readFull(r, head[2:]); err != nil {
		return err
	}
	rest := 2 // the port
	switch head[3] {
	case typeIPv4:
		rest += 4 - 1
	case typeIPv6:
		rest += 16 - 1
	case typeName:
		rest += int(head[4])
	default:
		return ErrProtocol
	}
	return readFull(r, make([]byte, rest))
}

func readFull(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func fits(s string) bool { return len(s) >= 1 && len(s) <= 255 }
