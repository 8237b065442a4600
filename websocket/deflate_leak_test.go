package websocket

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/protocol"
)

// Row 68 of the hostile inputs: compressors, inflaters and buffers are pooled,
// and nothing of one connection's messages may come out at another. The pools
// are poisoned, as in all tests of this package.

// packBehind is a payload that says p to those who know dict.
func packBehind(dict, p []byte) string {
	var b bytes.Buffer
	w, err := flate.NewWriterDict(&b, flate.BestCompression, dict)
	if err != nil {
		panic(err) // the level is right
	}
	w.Write(p)
	w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// unpackBehind is the reverse.
func unpackBehind(dict []byte, payload string) ([]byte, error) {
	return io.ReadAll(flate.NewReaderDict(strings.NewReader(payload+"\x00\x00\xff\xff\x03\x00"), dict))
}

// reachBack is a payload that repeats what stands distance octets back, 64 of
// them, whatever that is.
func reachBack(distance int) string {
	guess := []byte(noise(distance))
	return packBehind(guess, guess[:reachLength])
}

const reachLength = 64

// reaches are the payloads by distance: they refer to that and to nothing else.
func reaches(t *testing.T, distances ...int) map[int]frame {
	all := make(map[int]frame)
	for _, d := range distances {
		payload := reachBack(d)
		behind := bytes.Repeat([]byte("another text of the same length. "), 1000)[:d]
		got, err := unpackBehind(behind, payload)
		if err != nil || !bytes.Equal(got, behind[:reachLength]) || len(payload) > 20 {
			t.Fatalf("a reference %d octets back says %q, %v", d, got, err)
		}
		all[d] = frame{op: Text, packed: true, payload: payload}
	}
	return all
}

// leakRounds is how often everything is tried: in 30 rounds every distance
// behind every length.
func leakRounds() int {
	if testenv.Race {
		return 10
	}
	return 30
}

// victims are two connections that exchange secrets, each with its own peer.
type victims struct {
	ends  [2][2]*Conn
	round int
}

func newVictims(t *testing.T, o *DeflateOptions) *victims {
	var v victims
	for i := range v.ends {
		v.ends[i][0], v.ends[i][1] = deflatePair(t, tcp, o)
	}
	return &v
}

// whisper sends secrets of all lengths through both connections in turn, each
// way, so that whatever is pooled has just held one. The secrets of the two are
// alike but for their names, so that one would gain by referring to the other.
func (v *victims) whisper(t *testing.T) {
	t.Helper()
	v.round++
	for _, n := range []int{100, 900, 40_000} {
		for way := range 2 {
			for i, name := range []string{"alice", "bob"} {
				secret := strings.Repeat(fmt.Sprintf("the secret of %s, number %d, is %s. ", name, v.round, noise(20+v.round%50)), n/60+1)
				from, to := v.ends[i][way], v.ends[i][1-way]
				done := async(func() error { return from.Write(t.Context(), Text, []byte(secret)) })
				wantMessage(t, secret, Text)(to.Read(t.Context()))
				if err := <-done; err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// leakTiers are what the connections agree on, and how much of its own text a
// peer may refer to.
var leakTiers = []struct {
	name string
	o    DeflateOptions
	kept int
}{
	{"stateless", DeflateOptions{Send: DeflateStateless, Receive: DeflateStateless}, 0},
	{"history", DeflateOptions{}, 4 << 10},
	{"takeover", DeflateOptions{Send: DeflateTakeover, Receive: DeflateTakeover}, 32 << 10},
	{"small window", DeflateOptions{Send: DeflateTakeover, Receive: DeflateTakeover, SendWindowBits: 10, ReceiveWindowBits: 10}, 1 << 10},
}

// A peer that refers to more than it has sent gets 1007, and neither it nor the
// application any octet that was not its own.
func TestDeflateLeakReceiving(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // what one has put into a pool, the next one takes
	distances := []int{64, 65, 150, 1000, 1024, 1025, 4096, 4097, 32767, 32768}
	frames := reaches(t, distances...)
	for _, tier := range leakTiers {
		t.Run(tier.name, func(t *testing.T) {
			o := tier.o
			o.Budget = NewDeflateBudget(1 << 20)
			v := newVictims(t, &o)
			granted, refused := 0, 0
			for round := range leakRounds() {
				v.whisper(t)
				own := noise([]int{0, 64, 149, 1024, 5000, 40_000}[round%6])
				distance := distances[round*7%len(distances)]
				s := serve(t, []transport{tcp, pipe}[round%2], &Options{Deflate: &o})
				if own != "" {
					s.peer.write(frame{op: Text, packed: true, payload: packBehind(nil, []byte(own))})
					s.wantRead(Text, own)
				}
				s.peer.write(frames[distance])
				typ, p, err := s.Read(s.ctx)
				if distance <= min(len(own), tier.kept) {
					wantMessage(t, own[len(own)-distance:][:reachLength], Text)(typ, p, err)
					granted++
				} else {
					wantCode(t, fmt.Sprintf("%d octets back behind %d", distance, len(own)), err, StatusInvalidPayload)
					if p != nil {
						t.Fatalf("the application was given %q", p)
					}
					if f, _ := s.peer.next(); f.op != protocol.OpClose || !strings.HasPrefix(f.payload, closeFrame(StatusInvalidPayload, "").payload) || strings.Contains(f.payload, "secret") {
						t.Fatalf("the peer was told %v", f)
					}
					refused++
				}
				s.CloseNow()
			}
			if refused == 0 || granted == 0 && tier.kept > 0 {
				t.Errorf("%d references were granted, %d refused: too few to say anything", granted, refused)
			}
		})
	}
}

// What a connection sends refers to nothing but its own messages: a peer that
// knows only these can inflate them all.
func TestDeflateLeakSending(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, tier := range leakTiers {
		for _, level := range []int{1, 6} {
			t.Run(fmt.Sprintf("%s, level %d", tier.name, level), func(t *testing.T) {
				o := tier.o
				o.Level, o.Budget = level, NewDeflateBudget(1<<20)
				v := newVictims(t, &o)
				s := serve(t, tcp, &Options{Deflate: &o})
				var known []byte // what the peer has been told in compressed messages
				for round := range leakRounds() {
					v.whisper(t)
					// Much of it is what the secrets say too.
					message := strings.Repeat(fmt.Sprintf("the secret of mallory, number %d, is none. ", round), 1+round*round%300)
					failed := async(func() error { return s.Write(s.ctx, Text, []byte(message)) })
					f, _ := s.peer.next()
					if err := <-failed; err != nil {
						t.Fatal(err)
					}
					if strings.Contains(f.payload, "alice") || strings.Contains(f.payload, "bob") {
						t.Fatalf("the peer was told %q", f.payload)
					}
					got := []byte(f.payload)
					if f.packed {
						var err error
						if got, err = unpackBehind(known, f.payload); err != nil {
							t.Fatalf("message %d cannot be inflated with those before it: %v", round, err)
						}
						known = append(known, got...)
						known = known[max(len(known)-tier.kept, 0):]
					}
					if string(got) != message {
						t.Fatalf("message %d says %.80q, want %.80q", round, got, message)
					}
				}
				if tier.kept > 0 && len(known) == 0 {
					t.Error("nothing was compressed")
				}
			})
		}
	}
}
