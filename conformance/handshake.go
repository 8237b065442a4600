package conformance

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// newKey is a value of Sec-WebSocket-Key.
func newKey() string {
	var nonce [16]byte
	rand.Read(nonce[:])
	return base64.StdEncoding.EncodeToString(nonce[:])
}

// acceptKey is the answer to a key:
// https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hasToken reports whether a field has a token in its list, whatever the case.
func hasToken(h http.Header, name, token string) bool {
	for item := range strings.SplitSeq(strings.Join(h.Values(name), ","), ",") {
		if strings.EqualFold(strings.Trim(item, " \t"), token) {
			return true
		}
	}
	return false
}

// checkRequest is strict: https://www.rfc-editor.org/rfc/rfc6455#section-4.1
func checkRequest(r *http.Request) error {
	keys := r.Header.Values("Sec-WebSocket-Key")
	switch {
	case r.Method != http.MethodGet:
		return fmt.Errorf("the method is %q", r.Method)
	case !r.ProtoAtLeast(1, 1):
		return errors.New("the request is HTTP/1.0")
	case !hasToken(r.Header, "Upgrade", "websocket"):
		return errors.New("the request has no Upgrade: websocket")
	case !hasToken(r.Header, "Connection", "upgrade"):
		return errors.New("the request has no Connection: Upgrade")
	case !slices.Equal(r.Header.Values("Sec-WebSocket-Version"), []string{"13"}):
		return fmt.Errorf("the version is %q", r.Header.Values("Sec-WebSocket-Version"))
	case len(keys) != 1 || !validKey(keys[0]):
		return fmt.Errorf("the key is %q", keys)
	}
	return nil
}

func validKey(key string) bool {
	nonce, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(nonce) == 16
}

// requestHead is the head of a request as the wire log shows it.
func requestHead(r *http.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\r\nHost: %s\r\n", r.Method, r.RequestURI, r.Proto, r.Host)
	r.Header.Write(&b)
	return b.String()
}
