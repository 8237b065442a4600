package websocket

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// proxyFromEnvironment is http.ProxyFromEnvironment, but for a proxy whose URL
// is malformed: net/http then goes without, past a rule that nothing may. Who is
// exempt is not known then, but for loopback and NO_PROXY=*.
func proxyFromEnvironment(r *http.Request) (*url.URL, error) {
	via, err := http.ProxyFromEnvironment(r)
	if via != nil || err != nil || isLoopback(r.URL.Hostname()) || getenv("NO_PROXY") == "*" {
		return via, err
	}
	name := strings.ToUpper(r.URL.Scheme) + "_PROXY"
	if text := getenv(name); text != "" && !isProxy(text) {
		// Without its text, which may hold a password.
		return nil, requestError{errors.New("the URL in the environment variable " + name + " is malformed")}
	}
	return nil, nil
}

// getenv prefers the name in upper case, as net/http does.
func getenv(name string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return os.Getenv(strings.ToLower(name))
}

// isProxy reports whether net/http takes text for a proxy's URL, or for its host
// and port.
func isProxy(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		_, err = url.Parse("http://" + text)
	}
	return err == nil
}

// isLoopback reports whether no proxy of the environment is ever used for a
// host.
func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
