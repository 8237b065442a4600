package hostile

// originRows: which pages may connect. {scheme} is the transport's own.
func originRows() (rows []Row) {
	own := Settings{}
	listed := Settings{Origins: []string{"https://app.example", "https://*.sub.example", "same.example", "http://port.example:*"}}
	for _, c := range []struct {
		origin string
		allow  bool
		server Settings
	}{
		{"{scheme}://server.example", true, own},
		{"{scheme}://SERVER.example", true, own},
		{"{scheme}://server.example.", false, own},
		{"{scheme}://server.example:81", false, own},
		{"{scheme}://server.example:8443", false, own},
		{"ftp://server.example", false, own},
		{"ws://server.example", false, own},
		{"{scheme}x://server.example", false, own},
		{"null", false, own},
		{"NULL", false, own},
		{"", false, own},
		{"server.example", false, own},
		{"//server.example", false, own},
		{"{scheme}:server.example", false, own},
		{"{scheme}://", false, own},
		{"{scheme}://evil.example", false, own},
		{"{scheme}://evil-server.example", false, own},
		{"{scheme}://evilserver.example", false, own},
		{"{scheme}://server.example.evil", false, own},
		{"{scheme}://server.example.evil.example", false, own},
		{"{scheme}://sub.server.example", false, own},
		{"{scheme}://server.example/", false, own},
		{"{scheme}://server.example/path", false, own},
		{"{scheme}://server.example?x", false, own},
		{"{scheme}://server.example#x", false, own},
		{"{scheme}://user@server.example", false, own},
		{"{scheme}://server.example@evil.example", false, own},
		{"{scheme}://evil.example\\@server.example", false, own},
		{"{scheme}://server.example, {scheme}://evil.example", false, own},
		{"{scheme}://evil.example {scheme}://server.example", false, own},
		{"{scheme}://s\xc3\xa9rver.example", false, own},
		{"{scheme}://s\xd0\xb5rver.example", false, own}, // a Cyrillic e
		{"{scheme}://server\xe3\x80\x82example", false, own},
		{"{scheme}://%73erver.example", false, own},
		{"{scheme}://server.example%00", false, own},
		{"{scheme}://*", false, own},
		{"*", false, own},
		{"file://", false, own},
		{"chrome-extension://server.example", false, own},

		{"https://app.example", true, listed},
		{"https://app.example:443", true, listed},
		{"http://app.example", false, listed},
		{"https://app.example:8443", false, listed},
		{"https://a.b.sub.example", true, listed},
		{"https://sub.example", false, listed},
		{"https://evilsub.example", false, listed},
		{"https://sub.example.evil", false, listed},
		{"{scheme}://same.example", true, listed},
		{"http://port.example:1234", true, listed},
		{"https://port.example:1234", false, listed},
		{"null", false, listed},
		{"null", true, Settings{Origins: []string{"null"}}},
		{"{scheme}://anything.example", false, Settings{Origins: []string{"null"}}},
		{"{scheme}://anything.example", true, Settings{Origins: []string{"*"}}},
		{"not an origin", false, Settings{Origins: []string{"*"}}},
		{"https://public.example", true, Settings{PublicOrigins: []string{"https://public.example"}}},
		{"{scheme}://server.example", false, Settings{PublicOrigins: []string{"https://public.example"}}},
	} {
		want := refused(403, "origin")
		if c.allow {
			want = accepted()
		}
		rows = append(rows, request(25, "Origin "+c.origin, handshake().with("Origin: "+c.origin), want).with(c.server))
	}
	add := func(name string, r Request, w Want, s Settings) {
		rows = append(rows, request(25, name, r, w).with(s))
	}
	same := "Origin: {scheme}://server.example"
	add("no Origin", handshake(), accepted(), own)
	add("no Origin where one is required", handshake(), refused(403, "origin"), Settings{RequireOrigin: true})
	add("Origin where one is required", handshake().with(same), accepted(), Settings{RequireOrigin: true})
	add("the same Origin twice", handshake().with(same, same), refused(403, "origin"), own)
	add("Origin and another", handshake().with(same, "Origin: http://evil.example"), refused(403, "origin"), own)
	add("the other scheme", handshake().with("X-Forwarded-Proto: https", "Origin: wss://server.example"), refused(403, "origin"), own)
	add("a forwarded host is not believed", handshake().with("X-Forwarded-Host: evil.example", "Forwarded: host=evil.example", "Origin: {scheme}://evil.example"), refused(403, "origin"), own)
	add("port of the Host", handshake().set("Host", "Host: server.example:8443").with("Origin: {scheme}://server.example:8443"), accepted(), own)
	add("not the port of the Host", handshake().set("Host", "Host: server.example:8443").with(same), refused(403, "origin"), own)
	return rows
}
