package main

import (
	"io"
	"net/http"
	"time"
)

// ticketLife is how long a page may take from its ticket to its connection.
const ticketLife = 30 * time.Second

// ticket gives a ticket to who has a token.
func (s *site) ticket(w http.ResponseWriter, r *http.Request) {
	who, ok := s.tokens.check(bearer(r))
	if !ok {
		unauthorized(w, "Bearer")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, s.tickets.issue(who.user, ticketLife))
}

func (s *site) byTicket(w http.ResponseWriter, r *http.Request) {
	who, ok := s.tickets.take(r.URL.Query().Get("ticket"))
	if !ok {
		unauthorized(w, "")
		return
	}
	who.expires = time.Now().Add(s.tokenLife) // the ticket is used up, the visit begins
	chat(who).ServeHTTP(w, r)
}
