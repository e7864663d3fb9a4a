package detect

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// benchScan scans texts of one length, each as a message of its own, in turn: an Engine remembers words from one message to
// the next, so it must not read the same one all the time.
func benchScan(b *testing.B, texts ...[]byte) {
	e, n := shipped(b), 0
	b.SetBytes(int64(len(texts[0])))
	b.ReportAllocs()
	start := cpuTime()
	for b.Loop() {
		s := e.NewScanner(Context{})
		s.Scan(Text{Part: "1 text/plain", Data: texts[n%len(texts)]})
		s.Result()
		n++
	}
	b.ReportMetric(float64(b.N)*float64(len(texts[0]))/1e6/(cpuTime()-start).Seconds(), "MB/cpu-s")
}

// cpuTime is what the process has used, so that a busy machine spoils no figure.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkScanPlain(b *testing.B) { benchScan(b, cut(plainText(8<<20), 1<<20)...) }
func BenchmarkScanDense(b *testing.B) { benchScan(b, cut(denseText(8<<20), 1<<20)...) }

// cut cuts a text into pieces of n bytes.
func cut(text []byte, n int) [][]byte { return slices.Collect(slices.Chunk(text, n)) }

// BenchmarkScanRegexp is Go's regexp on the same text, with the national numbers and thirty stems only: a floor for what the
// rules would cost that way.
func BenchmarkScanRegexp(b *testing.B) {
	re := regexp.MustCompile(`(?i)\b\d{2}[ .]?\d{2}[ .]?\d{2}[- ]?\d{4,5}\b|\b\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]\b|\b[A-Z]{2}\d{2}( ?[0-9A-Z]{4}){3,7}|` +
		`\b(depression|skizofreni|sklerose|kræft|diabetes|misbrug|alkohol|kokain|metadon|anbringelse|kontanthjælp|sygemeldt|indlagt|dømt|sigtet|` +
		`fængsel|fagforening|tillidsmand|muslim|homoseksuel|gæld|inkasso|skilsmisse|forældremyndighed|adoption|gravid|abort|demens|epilepsi|autisme)\w*`)
	text := plainText(1 << 18)
	b.SetBytes(int64(len(text)))
	start := cpuTime()
	for b.Loop() {
		re.FindAllIndex(text, -1)
	}
	b.ReportMetric(float64(b.N)*float64(len(text))/1e6/(cpuTime()-start).Seconds(), "MB/cpu-s")
}

// BenchmarkScanBytes only looks each byte up in a table of classes: what this machine gives to anything that reads the text,
// to hold the other figures against. 2,394 MB/s where the goals were set.
func BenchmarkScanBytes(b *testing.B) {
	text, tab := plainText(1<<20), newTables()
	b.SetBytes(int64(len(text)))
	start := cpuTime()
	for b.Loop() {
		if countOdd(text, &tab.ascii) == 0 {
			b.Fatal("no letters")
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(text))/1e6/(cpuTime()-start).Seconds(), "MB/cpu-s")
}

// countOdd is a function so that the sum stays in a register.
func countOdd(text []byte, ascii *[256]letter) (odd letter) {
	for _, c := range text {
		odd += ascii[c] & 1
	}
	return odd
}

// BenchmarkScanMail is a mail of ordinary size, scanner made anew.
func BenchmarkScanMail(b *testing.B) { benchScan(b, cut(plainText(1280<<10), 5<<10)...) }

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		shipped(b)
	}
}

// hostileTexts are made to take the scanner's worst paths.
func hostileTexts() map[string]string {
	return map[string]string{"digits": "1", "groups": "1 ", "dashes": "12-", "pairs": "01 01 80 12 34 ", "cpr": "070761-4285 ", "word": "a", "tags": "<b>", "open": "<a ",
		"names": "Anna Hansen ", "initials": "A. B. ", "iban": "DK50 ", "phrase": "har fået diagnosen ", "han": "han ", "apostrophes": "'", "marks": "a\u0308", "bad": "\xff",
		"commas": ",", "lines": "\n", "stops": "a. B! ", "hej": "Kære ", "cpr-word": "cpr "}
}

// BenchmarkScanLinear doubles sizes; ns/op must double with them.
func BenchmarkScanLinear(b *testing.B) {
	for name, unit := range hostileTexts() {
		for _, n := range []int{1 << 16, 1 << 17, 1 << 18} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				benchScan(b, []byte(strings.Repeat(unit, n/len(unit)+1)[:n]))
			})
		}
	}
}
