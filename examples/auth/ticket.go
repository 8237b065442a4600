package main

import (
	"io"
	"net/http"
	"time"
)

// ticketLife is how long a page may take from its ticket to its connection.
const ticketLife = 30 * time.Second

// ticket gives a ticket to who has a token. It stands for the same session.
func (s *site) ticket(w http.ResponseWriter, r *http.Request) {
	who, err := s.tokens.check(bearer(r))
	if err != nil {
		unauthorized(w, "Bearer")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, s.tickets.stand(who, ticketLife))
}

func (s *site) byTicket(w http.ResponseWriter, r *http.Request) {
	who, err := s.tickets.take(r.URL.Query().Get("ticket"))
	if err != nil {
		unauthorized(w, "")
		return
	}
	s.chat(who).ServeHTTP(w, r)
}
