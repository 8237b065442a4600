// Package hostile is a table of hostile and faulty inputs for a WebSocket
// server, with the right answer to each, and runs it against one.
//
// Every row is delivered in several ways: in one write, octet by octet, cut at
// random places, and with more octets glued on; over TCP and TLS. What the
// server answers must be the same each time. Behind every row the server must
// be unharmed: nobody panicked, another connection is still served, the
// refusal was counted once, and its log shows no octet of the attacker's as it
// came.
//
// The rows are data, and a server is driven through [Server], so that one table
// judges every driver.
package hostile
