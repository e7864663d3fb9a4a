package detect

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"postvagt/rules"
	"postvagt/rules/checks"
)

//go:embed testdata/vocabulary-da.txt
var vocabulary string

// writer makes Danish sentences, none of them twice, out of a vocabulary of which, as in real prose, few words are
// frequent and most rare. The same seed writes the same text.
type writer struct {
	rng   *rand.Rand
	lists map[string][][]string // forms of each word, by list
	sums  map[string][]float64  // of the words' frequencies
	said  map[string]bool
}

func newWriter() *writer {
	w := &writer{rng: rand.New(rand.NewPCG(1, 2)), lists: map[string][][]string{}, sums: map[string][]float64{}, said: map[string]bool{}}
	name, endings := "", []string(nil)
	for line := range strings.Lines(vocabulary) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
			name = ""
		case f[0] == "#":
		case name == "":
			name, endings = f[0], f[1:]
			if name == "noun" {
				name = strings.TrimLeft(endings[0], "-e") // n or t, the gender
			}
		default:
			for _, word := range f {
				w.lists[name] = append(w.lists[name], inflect(word, endings))
			}
		}
	}
	for name, list := range w.lists {
		sum := 0.0
		for i := range list {
			sum += 1 / (float64(i) + 20)
			w.sums[name] = append(w.sums[name], sum)
		}
	}
	return w
}

// inflect gives the forms of one word of the vocabulary, the bare one first.
func inflect(word string, endings []string) []string {
	if stem, forms, ok := strings.Cut(word, "|"); ok {
		return append([]string{stem}, strings.Split(forms, ",")...)
	}
	stem, own, ok := strings.Cut(word, "/")
	if ok {
		endings = strings.Split(own, ",")
	}
	stem, double := strings.CutSuffix(stem, "!")
	forms := []string{stem}
	for _, e := range endings {
		e = strings.TrimPrefix(e, "-")
		if double && e != "" && strings.Contains("aeiouyæøå", e[:1]) {
			e = stem[len(stem)-1:] + e
		}
		if strings.HasSuffix(stem, "e") {
			e = strings.TrimPrefix(e, "e")
		}
		forms = append(forms, stem+e)
	}
	return forms
}

// pick draws a word by frequency.
func (w *writer) pick(list string) []string {
	sums := w.sums[list]
	return w.lists[list][sort.SearchFloat64s(sums, w.rng.Float64()*sums[len(sums)-1])]
}

// noun draws one of a gender, a third of them compounds, as Danish has them.
func (w *writer) noun(gender string, form int) string {
	word := w.pick(gender)[form]
	if w.rng.IntN(3) > 0 {
		return word
	}
	first := w.pick([]string{"n", "t"}[w.rng.IntN(2)])[0]
	for _, end := range []string{"ion", "hed", "ing", "tet", "skab", "værk"} {
		if strings.HasSuffix(first, end) {
			return first + "s" + word
		}
	}
	return first + word
}

// grammar gives the ways to say each part of a sentence. Names in braces are parts or, in capitals, lists.
var grammar = map[string][]string{
	"S": {
		"{np} {past} {np} {pp}", "{np} {past} {np} i {month}, og {np} {past} {pp}", "{pp} {past} {np} {adverb} {np}", "Vi {pres} {np}, når {np} er {adj}",
		"Det er {adverb} {adj} at {inf} {np} {pp}, fordi {np} {past} {np}", "Hvis {np} {adverb} {pres} {np}, {pres} {np} {np}", "{np}, som {np} har {done} {pp}, {pres} {np}",
		"{given} {surname} {past} {np} {weekday} den {day}. {month}", "Efter {np} har man {done} {np}, så {np} {adverb} kan {inf} {np}", "{np} skal {inf} {np} inden den {day}. {month}",
		"Der er {adverb} {few} {ns} {pp}, men {np} {pres} {adverb}", "Mødet begynder kl. {hour}.{min} og holdes {pp}", "{np} kostede {amount} kr., da vi {past} den {pp}",
		"Fra {place} til {place} {pres} {np} {pp} på {few} minutter", "{given} og {given} {past} {np}, mens {np} {past} {np} {pp}", "Man {past} {adverb} at {inf} {np}, og det {past} {np} {adverb}",
		"I {place} {past} {np} {np} for {few} år siden", "{np} blev {done} {pp} af {np}, der {past} {np}", "Ingen {past} {np}, før {given} {past} {np} {pp}", "Både {np} og {np} {pres} {np} {pp}",
		"{np} er {adj}, og {np} bliver {adverb} {adj}", "Når {np} har {done} {np}, kan {np} {inf} {pp}", "Kan {np} {inf} {np} {pp}, eller skal {np} {inf} {np}?", "{few} af {few} {ns} er {done} siden {month}",
		"{np} mener, at {np} {adverb} bør {inf} {np} {pp}", "Hverken {np} eller {np} {past} {np} {pp}", "Se {np} på side {few}, hvor {np} er {done}", "Tak for {np}, som vi {past} {weekday}",
		"{np} ligger {pp} mellem {np} og {np}", "Jo mere {np} {pres}, desto mere {adj} bliver {np}", "{np}: {np}, {np} og {np}", "Den {day}. {month} {past} {np} {np} (se {np})",
		"Det var {np}, der {past} {np}, ikke {np}", "Med {np} kan {np} {inf} {np} uden {np}", "{np} har {adverb} {done} {np}, og derfor {pres} {np} {np} {pp}",
	},
	"D": {
		"{given} {surname}, cpr {cpr}, har {topic} og får {topic}", "Borgeren {given} {surname} {cpr} har {topic}, hun {past} efter {topic}", "{given} {surname} er igen ramt af {topic}, og {topic} er {done}",
		"Hans cpr-nummer er {cpr}, og {given} {surname} fortæller om {topic}", "Klienten har siden {month} haft {topic}; {given} {surname} ({cpr}) {past} {np}", "{topic} hos {given} {surname}, født {cpr}, {pres} {pp}",
	},
	"np": {"{def}", "{def}", "{def}", "{indef}", "{indef}", "{ns}", "{adjs} {ns}", "{defadj}", "{defs}", "{defs}", "de {adjs} {ns}", "{def} {pp}", "{def}s {adjs} {ns}", "{indef} med {adjs} {ns}", "{surname}s {ns}",
		"{def} i {place}", "vores {ns}", "det", "den", "man", "hun", "de", "alle {ns}", "flere {ns}"},
	"pp": {"i {def}", "på {def}", "ved {def}", "i {place}", "til {def}", "fra {defs}", "under {defadj}", "uden {adjs} {ns}", "om {weekday}en", "i {month}", "med {indef}", "over for {defs}", "bag {def}", "hos {def}s {ns}",
		"efter {few} {ns}", "af {defs}", "langs {def}", "gennem {defadj}", "for {ns}", "mod {place}"},
	"def": {"{n1}", "{n1}", "{t1}"}, "defs": {"{n3}", "{n3}", "{t3}"}, "ns": {"{n2}", "{n2}", "{t2}"},
	"indef":  {"en {n0}", "en {adj} {n0}", "et {t0}", "et {adjt} {t0}"},
	"defadj": {"den {adjs} {n0}", "den {adjs} {n0}", "det {adjs} {t0}"},
}

// expand writes one part of a sentence.
func (w *writer) expand(out *strings.Builder, text string) {
	for {
		before, rest, ok := strings.Cut(text, "{")
		out.WriteString(before)
		if !ok {
			return
		}
		part, after, _ := strings.Cut(rest, "}")
		if ways := grammar[part]; ways != nil {
			w.expand(out, ways[w.rng.IntN(len(ways))])
		} else {
			out.WriteString(w.word(part))
		}
		text = after
	}
}

// word writes one word: of a list, or in a form that part names.
func (w *writer) word(part string) string {
	switch part {
	case "n0", "n1", "n2", "n3", "t0", "t1", "t2", "t3":
		return w.noun(part[:1], int(part[1]-'0'))
	case "adj":
		return w.pick("adjective")[1]
	case "adjt":
		return w.pick("adjective")[2]
	case "adjs":
		return w.pick("adjective")[3]
	case "inf":
		return w.pick("verb")[1]
	case "pres":
		return w.pick("verb")[2]
	case "past":
		return w.pick("verb")[3]
	case "done":
		return w.pick("verb")[4]
	}
	return w.figure(part)
}

// figure writes a name or a number.
func (w *writer) figure(part string) string {
	switch part {
	case "few":
		return fmt.Sprint(2 + w.rng.IntN(60))
	case "day":
		return fmt.Sprint(1 + w.rng.IntN(28))
	case "hour":
		return fmt.Sprint(8 + w.rng.IntN(12))
	case "min":
		return fmt.Sprintf("%02d", 15*w.rng.IntN(4))
	case "cpr":
		return w.cpr()
	case "amount":
		return fmt.Sprintf("%d.%03d", 1+w.rng.IntN(90), 5*w.rng.IntN(200))
	}
	return w.pick(part)[0]
}

// cpr writes a number whose check digit is right.
func (w *writer) cpr() string {
	for {
		n := fmt.Sprintf("%02d%02d%02d%04d", 1+w.rng.IntN(28), 1+w.rng.IntN(12), w.rng.IntN(37), 4000+w.rng.IntN(1000))
		if checks.DKCPR([]byte(n), 0).Checked {
			return n[:6] + "-" + n[6:]
		}
	}
}

// sentence writes one that has not been written before.
func (w *writer) sentence(kind string) string {
	for {
		var b strings.Builder
		w.expand(&b, "{"+kind+"}")
		s := strings.ToUpper(b.String()[:1]) + b.String()[1:]
		if b.String()[0] >= 0x80 {
			s = strings.ToUpper(b.String()[:2]) + b.String()[2:]
		}
		if !strings.HasSuffix(s, "?") {
			s += "."
		}
		if !w.said[s] {
			w.said[s] = true
			return s
		}
	}
}

// text writes n bytes in paragraphs, with lines as mail has them.
func (w *writer) text(n int, sentence func() string) []byte {
	var b bytes.Buffer
	for b.Len() < n {
		column := 0
		for range 2 + w.rng.IntN(6) {
			for _, word := range strings.Fields(sentence()) {
				if column += len(word) + 1; column > 76 {
					b.WriteByte('\n')
					column = len(word)
				} else if column > len(word)+1 {
					b.WriteByte(' ')
				}
				b.WriteString(word)
			}
		}
		b.WriteString("\n\n")
	}
	return b.Bytes()[:n]
}

// plainText is n bytes of Danish prose in which little is to be found.
func plainText(n int) []byte {
	w := newWriter()
	return w.text(n, func() string { return w.sentence("S") })
}

// denseText is n bytes in which every sentence names somebody, most give a number, and all tell something: the words
// of the Danish rules, each as often as any other.
func denseText(n int) []byte {
	w := newWriter()
	for _, r := range shippedSpecs() {
		if r.Terms != nil && r.Languages[0] == "da" {
			for _, term := range append(slices.Clip(r.Terms.Strong), r.Terms.Usual...) {
				w.lists["topic"] = append(w.lists["topic"], []string{strings.Map(func(c rune) rune {
					if c == '*' || c == '+' {
						return -1
					}
					return c
				}, term)})
				w.sums["topic"] = append(w.sums["topic"], float64(len(w.sums["topic"])))
			}
		}
	}
	return w.text(n, func() string { return w.sentence("D") })
}

// shippedSpecs reads the shipped rules; they are known to be good.
func shippedSpecs() (specs []ruleSpec) {
	files, _ := loadFS(rules.Files)
	for _, f := range files {
		specs = append(specs, f.Rule...)
	}
	return specs
}

// The benchmarks' text must not flatter what remembers words: no sentence comes twice, and the words are as many and as
// rare as in prose.
func TestTextVaries(t *testing.T) {
	counts, words := map[string]int{}, bytes.Fields(plainText(1<<20))
	for _, word := range words {
		counts[string(bytes.ToLower(bytes.Trim(word, ".,:;?()")))]++
	}
	ranks := slices.Sorted(maps.Values(counts))
	most := 0
	for _, n := range ranks[max(0, len(ranks)-1000):] {
		most += n
	}
	if len(counts) < 15000 || float64(most) > 0.8*float64(len(words)) {
		t.Errorf("%d different words in %d, the first thousand %d; want 15000, and at most 80 %%", len(counts), len(words), most)
	}
}
