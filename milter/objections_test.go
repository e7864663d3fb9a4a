package milter

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"postvagt/milter/verdict"
)

const objectionHead = "address,person,date,note,source\n"

var objectionMask = verdict.NewMasker([]byte("key"))

// openTestObjections makes a register and a function that rewrites it and lets a second go by.
func openTestObjections(t testing.TB, text string) (o *Objections, rewrite func(string) error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "objections.csv")
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	write := func(text string) {
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	o, err := OpenObjections(path, objectionMask, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return o, func(text string) error {
		now = now.Add(2 * time.Second)
		if text == "" {
			os.Remove(path)
		} else {
			write(text)
		}
		return o.Follow()
	}
}

func TestObjections(t *testing.T) {
	number := []byte("0101801234") // synthetic
	person := objectionMask.Person("dk-cpr", number)
	o, rewrite := openTestObjections(t, objectionHead+"Anna@Borger.example,,2026-01-02,\"by letter, signed\",letter\n,"+person+",2026-01-03,,phone\n")
	for addr, want := range map[string]bool{
		"anna@borger.example": true, "ANNA@BORGER.EXAMPLE": true, "anna+sag7@borger.example": true,
		"hanna@borger.example": false, "anna@other.example": false, "+@borger.example": false, "": false, "anna": false,
	} {
		if got := o.Address(addr) != ""; got != want {
			t.Errorf("address %q: %v", addr, got)
		}
	}
	if o.Person("dk-cpr", number) == "" || o.Person("se-pnr", number) != "" || o.Person("dk-cpr", []byte("0101801235")) != "" {
		t.Error("a person is not told from others")
	}
	if one := o.Address("anna@borger.example"); one == o.Person("dk-cpr", number) || o.Address("anna+x@borger.example") != one || len(one) != 16 {
		t.Errorf("two who objected bear one name, or one bears two: %q", one)
	}
	if err := rewrite(objectionHead + "anna@borger.example," + person + ",2026-01-02,,letter\n"); err != nil || o.Address("anna@borger.example") != o.Person("dk-cpr", number) {
		t.Errorf("the address and the number of one person bear two names: %v", err)
	}
	both := objectionHead + "bo@borger.example,,2026-01-02,,letter\n"
	if err := rewrite(both); err != nil || o.Address("bo@borger.example") == "" || o.Address("anna@borger.example") != "" {
		t.Errorf("a new register is not followed: %v", err)
	}
	for name, bad := range map[string]string{
		"half a line":   strings.TrimSuffix(both, ",letter\n"),
		"no line end":   strings.TrimSuffix(both, "\n"),
		"other columns": "a,b,c,d,e\n",
		"empty":         "\n",
		"no address":    objectionHead + "bo,,2026-01-02,,letter\n",
		"a number":      objectionHead + ",0101801234,2026-01-02,,letter\n",
		"nobody":        objectionHead + ",,2026-01-02,,letter\n",
		"gone":          "",
	} {
		if err := rewrite(bad); err == nil || o.Address("bo@borger.example") == "" {
			t.Errorf("%s: error %v, the register before is in force: %v", name, err, o.Address("bo@borger.example"))
		} else if strings.Contains(err.Error(), "0101801234") {
			t.Errorf("%s: the error repeats what the file holds", name)
		}
	}
	if err := rewrite(objectionHead); err != nil || o.Address("bo@borger.example") != "" {
		t.Errorf("an empty register: %v", err)
	}
}

// The whole way: mail to one who objected, and mail about one who objected to somebody else.
func TestObjectionsDecide(t *testing.T) {
	f := newTestFilter(t, "[policy]\nmode = \"enforce\"\n")
	path := f.cfg.Milter.Objections
	judge := func(to string) Judgement {
		text := strings.Replace(secretMail, "diagnosen skizofreni, og dit", "brev. Dit", 1)
		c := &Check{Filter: f, To: []string{to}}
		return f.Judge(t.Context(), c.transaction([]byte(text)), func() {})
	}
	if j := judge("anna@borger.example"); j.Why != "confidential" || j.Recipients[0].Objection {
		t.Errorf("before: held by %s", j.Why)
	}
	for _, row := range []string{"anna@borger.example,", "," + verdict.Masker{}.Person("dk-cpr", []byte("0101801234"))} {
		if err := os.WriteFile(path, []byte(objectionHead+row+",2026-01-02,,letter\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		f.objections.checked = time.Time{}
		if j := judge("anna@borger.example"); j.Why != "after-objection" || !j.Recipients[0].Objection || j.Action != verdict.Hold {
			t.Errorf("to her, register by %.1q…: %s by %s", row, j.Action, j.Why)
		}
		about := !strings.Contains(row, "@")
		if j := judge("a@styrelse.example"); j.Recipients[0].Objection != about {
			t.Errorf("to others about her, register by %.1q…: objection %v", row, j.Recipients[0].Objection)
		}
	}
}

// What nobody could read does not go in the open to who objected, and a picture is marked; the same mail to others passes.
func TestObjectionsAndUnopened(t *testing.T) {
	f := newTestFilter(t, "[policy]\nmode = \"enforce\"\n")
	if err := os.WriteFile(f.cfg.Milter.Objections, []byte(objectionHead+"anna@borger.example,,2026-01-02,,letter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.objections.checked = time.Time{}
	const mail = "From: kari@kommune.example\nTo: anna@borger.example\nSubject: Tak\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nTak for sidst.\n--b\n" +
		"Content-Type: application/octet-stream; name=x\nContent-Transfer-Encoding: base64\n\n%s\n--b--\n"
	for name, tt := range map[string]struct {
		file             string
		objector, others string
	}{
		"no document known": {"AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8AAQIDBAUGBwgJCgsMDQ4P", "after-objection-unopened", "otherwise"},
		"a picture":         {"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "after-objection-picture", "otherwise"},
		"a text":            {"VGFrIGZvciBzaWRzdC4K", "otherwise", "otherwise"},
	} {
		for to, want := range map[string]string{"anna@borger.example": tt.objector, "bo@borger.example": tt.others} {
			c := &Check{Filter: f, To: []string{to}}
			if j := f.Judge(t.Context(), c.transaction(fmt.Appendf(nil, mail, tt.file)), func() {}); j.Why != want {
				t.Errorf("%s to %s: by %s, want %s; unopened %v", name, to, j.Why, want, j.Record.Unopened)
			}
		}
	}
}

// Mail that calls itself automatic is said to be so: nothing automatic answers it (RFC 3834).
func TestAutomaticMailIsNamed(t *testing.T) {
	f := newTestFilter(t, "")
	for field, want := range map[string]bool{"": false, "Auto-Submitted: no\n": false, "Auto-Submitted: auto-replied (vacation)\n": true, "auto-submitted: Auto-Generated; x=y\n": true} {
		c := &Check{Filter: f, To: []string{"anna@borger.example"}}
		j := f.Judge(t.Context(), c.transaction([]byte(field+secretMail)), func() {})
		if line := j.Lines()[0]; j.Auto != want || strings.Contains(line, " auto=yes ") != want || j.Level != verdict.LevelSensitive {
			t.Errorf("%q: automatic %v", field, j.Auto)
		}
	}
}

// 100,000 entries fit in 20 MB. How fast they are asked, BenchmarkObjections says: wanted 1 µs.
func TestObjectionsAreSmall(t *testing.T) {
	var b strings.Builder
	b.WriteString(objectionHead)
	for i := range 50_000 {
		fmt.Fprintf(&b, "citizen%d@borger.example,,2026-01-02,,letter\n,%s,2026-01-02,,letter\n", i, objectionMask.Person("dk-cpr", fmt.Appendf(nil, "%010d", i)))
	}
	text := b.String()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	o, _ := openTestObjections(t, text)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 20<<20 {
		t.Errorf("%d bytes for 100,000 entries", grown)
	}
	if o.Address("citizen49999@borger.example") == "" || o.Person("dk-cpr", []byte("0000049999")) == "" || o.Address("citizen50000@borger.example") != "" {
		t.Error("an entry is lost")
	}
	runtime.KeepAlive(text)
}

func BenchmarkObjections(b *testing.B) {
	var text strings.Builder
	text.WriteString(objectionHead)
	for i := range 100_000 {
		fmt.Fprintf(&text, "citizen%d@borger.example,,2026-01-02,,letter\n", i)
	}
	o, _ := openTestObjections(b, text.String())
	for b.Loop() {
		o.Address("citizen77777@borger.example")
	}
}

func FuzzObjections(f *testing.F) {
	f.Add(objectionHead + "a@b.example,,2026-01-02,,letter\n")
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := readObjections(strings.NewReader(text), "f", objectionMask); (l == nil) == (err == nil) {
			t.Error("neither a register nor an error")
		}
	})
}
