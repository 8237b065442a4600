package main

import (
	"net/http"
	"time"
)

const (
	cookieName = "__Host-session"
	loginLife  = 12 * time.Hour
)

func (s *site) login(w http.ResponseWriter, r *http.Request) {
	user := r.PostFormValue("user")
	if !s.password(user, r.PostFormValue("password")) {
		http.Error(w, "wrong user or password", http.StatusForbidden)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: s.logins.issue(user, loginLife),
		Path: "/", MaxAge: int(loginLife.Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// byCookie relies on the Origin check, which is on by default: the browser sends
// the cookie along whichever page of the site's relatives asks it to connect.
func (s *site) byCookie(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		unauthorized(w, "")
		return
	}
	who, err := s.logins.check(cookie.Value)
	if err != nil {
		unauthorized(w, "")
		return
	}
	s.chat(who).ServeHTTP(w, r)
}
