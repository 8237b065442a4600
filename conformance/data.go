package conformance

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"unicode/utf8"
)

// A dataSet is what groups 12 and 13 send, a piece after another.
type dataSet struct {
	title  string
	op     Opcode
	octets string
}

// dataSets are five that differ in how far they can be compressed. They are
// made, and always the same.
var dataSets = sync.OnceValue(func() []dataSet {
	return []dataSet{
		{"JSON", OpText, jsonData(194056)},
		{"a grey bitmap", OpBinary, bitmap(512, 512)},
		{"prose", OpBinary, prose(222218)},
		{"HTML", OpText, html(263647)},
		{"a document with compressed parts", OpBinary, document(1042328)},
	}
})

func jsonData(n int) string {
	rnd := rand.New(rand.NewPCG(12, 1))
	return grown(n, true, func(b *strings.Builder, i int) {
		fmt.Fprintf(b, `{"id":%d,"sensor":"temperature-%02d","unit":"celsius","value":%d.%d,"valid":true,"tags":["indoor","calibrated"]},`+"\n",
			100000+i, rnd.IntN(8), 18+rnd.IntN(5), rnd.IntN(10))
	})
}

// bitmap is a slope with noise on it, behind a header of 1 KiB.
func bitmap(width, height int) string {
	rnd := rand.New(rand.NewPCG(12, 2))
	b := make([]byte, 1<<10, 1<<10+width*height)
	binary.LittleEndian.PutUint32(b, uint32(width))
	for y := range height {
		for x := range width {
			b = append(b, byte(x/4+y/8+rnd.IntN(160)))
		}
	}
	return string(b)
}

func prose(n int) string {
	words := strings.Fields("über allen Gipfeln ist eine Ruhe und in den Wäldern spürst du kaum den Hauch " +
		"der kleinen Vögel schweigen warte nur balde kommt auch dir was später größer wird als heute " +
		"Straße Fluß Brücke Tür Haus Garten Weg Licht Schatten Stein Wasser Feuer gehen sehen hören fühlen")
	rnd := rand.New(rand.NewPCG(12, 3))
	return grown(n, true, func(b *strings.Builder, i int) {
		b.WriteString(words[rnd.IntN(len(words))])
		b.WriteByte(" \n"[min(1, i%11/10)])
	})
}

func html(n int) string {
	rnd := rand.New(rand.NewPCG(12, 4))
	return grown(n, true, func(b *strings.Builder, i int) {
		fmt.Fprintf(b, `<tr class="row"><td class="name"><a href="/item/%d">Item № %d</a></td><td class="price">%d,00</td></tr>`+"\n", i, i, rnd.IntN(100))
	})
}

// document has text between parts that cannot be compressed.
func document(n int) string {
	rnd := rand.New(rand.NewPCG(12, 5))
	return grown(n, false, func(b *strings.Builder, i int) {
		fmt.Fprintf(b, "%d 0 obj\n<< /Length 1500 /Filter /FlateDecode >>\nstream\n", i)
		for range 1500 / 4 {
			b.Write(binary.NativeEndian.AppendUint32(nil, rnd.Uint32()))
		}
		b.WriteString("\nendstream\nendobj\n" + strings.Repeat(fmt.Sprintf("%010d 00000 n \n", i), 20))
	})
}

// grown repeats add until there are n octets. In text the last character is
// whole.
func grown(n int, text bool, add func(b *strings.Builder, i int)) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		add(&b, i)
	}
	s := b.String()[:n]
	for r, size := utf8.DecodeLastRuneInString(s); text && r == utf8.RuneError; r, size = utf8.DecodeLastRuneInString(s) {
		s = s[:len(s)-size]
	}
	return s
}

// A slicer gives the pieces of a data set one behind another, from the
// beginning again where it ends. In text it counts characters.
type slicer struct {
	data dataSet
	at   int
}

func (s *slicer) next(n int) string {
	var b strings.Builder
	for n > 0 {
		if s.at == len(s.data.octets) {
			s.at = 0
		}
		rest := s.data.octets[s.at:]
		taken, octets := 0, 0
		if s.data.op == OpBinary {
			taken = min(n, len(rest))
			octets = taken
		} else {
			for octets < len(rest) && taken < n {
				_, size := utf8.DecodeRuneInString(rest[octets:])
				octets += size
				taken++
			}
		}
		b.WriteString(rest[:octets])
		s.at += octets
		n -= taken
	}
	return b.String()
}
