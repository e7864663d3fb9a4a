package message

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime"
	"testing"
	"time"
)

func section(p []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(p), 0, int64(len(p)))
}

// TestCFBTableOfItself reads a file whose list of table sectors comes back to itself.
func TestCFBTableOfItself(t *testing.T) {
	p := append([]byte(nil), attachments(t, "110-doc")[0]...)
	loop := bytes.Repeat([]byte{0xff}, 512)
	at := uint32(len(p)/512 - 1)
	p = append(p[:len(p)/512*512], loop...)
	binary.LittleEndian.PutUint32(p[68:], at)
	binary.LittleEndian.PutUint32(p[len(p)-4:], at)
	start := time.Now()
	c, err := readCFB(section(p))
	if err != nil || c.find("WordDocument") == nil {
		t.Errorf("the file is not read: %v", err)
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("it took %v", d)
	}
}

// TestCFBStreamsOverEachOther opens many streams that all say they are the same sectors.
func TestCFBStreamsOverEachOther(t *testing.T) {
	p := attachments(t, "110-doc")[0]
	c, err := readCFB(section(p))
	if err != nil {
		t.Fatal(err)
	}
	e, sum := *c.find("WordDocument"), int64(0)
	for range 10_000 {
		e.links = nil
		sum += c.open(&e).Size()
	}
	if most := int64(20 * len(p)); sum > most {
		t.Errorf("%d bytes of streams in a file of %d", sum, len(p))
	}
}

// TestRC4Pieces decrypts a stream in pieces as in one.
func TestRC4Pieces(t *testing.T) {
	l := &rc4Lock{salt: make([]byte, 16)}
	whole, pieces := make([]byte, 5000), make([]byte, 5000)
	l.key("x", docBlock).xor(whole, 0)
	k := l.key("x", docBlock)
	for _, r := range [][2]int{{1000, 3333}, {0, 1}, {3333, 5000}, {1, 1000}} {
		k.xor(pieces[r[0]:r[1]], int64(r[0]))
	}
	if !bytes.Equal(whole, pieces) {
		t.Error("pieces differ from the whole")
	}
}

// TestXZDictionary reads a file of some hundred bytes that asks for a dictionary of 4 GiB.
func TestXZDictionary(t *testing.T) {
	p := append([]byte(nil), attachments(t, "102-streams")[0]...)
	at := bytes.Index(p, []byte{0x21, 0x01}) + 2
	p[at] = 40
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out, err := io.ReadAll(io.LimitReader(newXZ(bytes.NewReader(p), int64(len(p))), 16))
	runtime.ReadMemStats(&after)
	if err != nil || len(out) != 16 {
		t.Errorf("%d bytes read: %v", len(out), err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
		t.Errorf("%d bytes of memory", n)
	}
}

// TestSevenTriesAreFree tries wrong passwords without using up what the message may unpack.
func TestSevenTriesAreFree(t *testing.T) {
	o := NewReader(Options{}).opener(func(Text) {})
	if err := open7z(o, doc{path: "1"}, section(attachments(t, "105-7z")[1])); err != encrypted || len(o.attempts) != 1 {
		t.Fatalf("no lock: %v", err)
	}
	left := o.budget.expanded
	for _, w := range []string{"forkert", "Hemmelig-8"} {
		if o.attempts[0].fits(w) {
			t.Error("a wrong password fits")
		}
	}
	if !o.attempts[0].fits("Hemmelig-7") {
		t.Error("the right password does not fit")
	}
	if o.budget.expanded != left {
		t.Errorf("%d bytes of the budget were used", left-o.budget.expanded)
	}
}
