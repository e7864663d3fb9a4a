package detect

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// scanParts judges parts given as name and text in turn.
func scanParts(e *Engine, ctx Context, parts ...string) Result {
	s := e.NewScanner(ctx)
	for i := 0; i < len(parts); i += 2 {
		s.Scan(Text{Part: parts[i], Data: []byte(parts[i+1])})
	}
	return s.Result()
}

// Numbers as people write them.
func TestWaysToWriteNumbers(t *testing.T) {
	e := shipped(t)
	for name, text := range map[string]string{
		"plain": "070761-4285", "bare": "0707614285", "space": "070761 4285", "after cpr.nr.:": "cpr.nr.:070761-4285",
		"glued": "CPR0707614285", "en dash": "070761–4285", "minus": "070761−4285", "non-breaking hyphen": "070761‑4285",
		"no-break space": "070761\u00a04285", "dots": "cpr 07.07.61-4285", "pairs": "cpr 07 07 61 42 85",
		"over a line": "cpr 070761-\n4285", "quoted over a line": "> cpr 070761-\n> 4285", "tags": "<b>0707</b>61-<span style=\"x\">4285</span>",
		"zero width": "070761\u200b-\u200b4285", "soft hyphen": "070761\u00ad-4285", "full width": "０７０７６１-４２８５",
		"mail address": "0707614285@borger.example", "file name": "journal_070761-4285.pdf", "in brackets": "(070761-4285)",
		"csv": "navn;cpr;by\nA;0707614285;B\n", "tabs": "navn\tcpr\nA\t0707614285\n", "url": "https://x.example/p?cpr=0707614285",
		"spaced dash": "070761 - 4285", "no mod 11 with context": "cpr 070761-4286", "1 January": "010165-1237", "slashes": "cpr 07/07/61-4285",
		"far along a row": strings.Repeat("1 2 ", 19) + "070761-4285", "among dashes": strings.Repeat("1 - ", 15) + "070761-4285 - 2 - 3",
	} {
		if r := e.judgeText(text); !slices.Contains(r.Kinds, "dk-cpr") {
			t.Errorf("%s: missed, got %v", name, r.Kinds)
		}
	}
}

// What looks like a number and is not.
func TestOtherNumbers(t *testing.T) {
	e := shipped(t)
	for name, text := range map[string]string{
		"order": "Ordre 0707614285", "phone": "+45 07 07 61 42 85", "long": "07076142850707614285", "uuid": "070761-4285-4285-1111",
		"case": "sag 2024-070761-4285", "hex": "0x0707614285af", "date and time": "070761-1400 møde", "decimal": "3,0707614285",
		"version": "version 07.07.61.4285", "timestamp": "20170419201285", "iban of the office": "Betal til vores konto DK50 0040 0440 1162 43",
		"cvr": "CVR 29189846", "swedish company": "org.nr 212000-1355", "finnish company": "Y-tunnus 0201256-6", "icelandic company": "kt. 551243-3549",
	} {
		if r := e.judgeText(text); r.Level != None {
			t.Errorf("%s: found %v", name, r.Kinds)
		}
	}
}

// An order number in one place is one everywhere.
func TestOrderNumberInSubject(t *testing.T) {
	e := shipped(t)
	if r := scanParts(e, Context{}, "subject", "Bekræftelse 0707614285", "1 text/plain", "Ordrenr. 0707614285 er afsendt."); r.Level != None {
		t.Errorf("found %v", r.Kinds)
	}
	if r := scanParts(e, Context{}, "subject", "Ordre 0707614285", "1 text/plain", "Hans cpr-nummer er 0707614285."); r.Level != Confidential {
		t.Error("a context term elsewhere must count")
	}
}

// The name in the subject ties the diagnosis in the body.
func TestTieAcrossParts(t *testing.T) {
	e := shipped(t)
	if r := scanParts(e, Context{}, "subject", "Vedr. Anna Sørensen", "1 text/plain", "Der er konstateret skizofreni, og behandling er sat i gang."); r.Level != Sensitive {
		t.Error("a name in the subject must tie")
	}
	if r := scanParts(e, Context{}, "subject", "Skizofreni", "1 text/plain", "Skizofreni rammer en procent af befolkningen."); r.Level != None {
		t.Errorf("found %v", r.Kinds)
	}
}

// A signature ties nothing.
func TestSignature(t *testing.T) {
	e := shipped(t)
	body := "Pjecen om skizofreni ligger på bordet.\n\nMed venlig hilsen\nAnna Sørensen\nOverlæge, Psykiatrisk Center\n"
	if r := scanParts(e, Context{SenderName: "Anna Sørensen"}, "1 text/plain", body); r.Level != None {
		t.Errorf("found %v", r.Kinds)
	}
}

// The mere client relationship is secret (R12).
func TestClientRelationship(t *testing.T) {
	e := shipped(t)
	text := "Kære Jens Holm\n\nDu har en tid til samtale hos os på torsdag kl. 10.\n"
	ctx := Context{Sender: "post@rusmiddelcenter-vest.example", SenderName: "Rusmiddelcenter Vest"}
	if r := scanParts(e, ctx, "1 text/plain", text); r.Level != Sensitive || !slices.Contains(r.Kinds, "substance") {
		t.Errorf("from the centre: %v %v", r.Level, r.Kinds)
	}
	if r := scanParts(e, Context{SenderName: "Teknik og Miljø"}, "1 text/plain", text); r.Level != None {
		t.Errorf("from another office: %v", r.Kinds)
	}
	if r := scanParts(e, ctx, "1 text/plain", "Hej\n\nPrinteren på 2. sal mangler papir.\n"); r.Level != None {
		t.Errorf("about the printer: %v", r.Kinds)
	}
}

// A mail that asks for such data by mail (R17).
func TestAsks(t *testing.T) {
	e := shipped(t)
	for text, want := range map[string]bool{
		"Send venligst dit cpr-nummer på mail.":                    true,
		"Please reply to this email with your account number.":     true,
		"Skicka ditt personnummer via mejl så ordnar vi det.":      true,
		"Lähetä henkilötunnuksesi sähköpostilla.":                  true,
		"Svar på denne e-posten med fødselsnummeret ditt.":         true,
		"Send ikke dit cpr-nummer på mail.":                        false,
		"Vi sender referatet på mail i morgen.":                    false,
		"Never send your national ID by email, use the portal.":    false,
		"Du kan altid ringe, hvis du vil ændre dit kontonummer.":   false,
		"Cpr-numre slettes automatisk fra systemet efter tre uger": false,
	} {
		if r := e.judgeText(text); r.Asks != want {
			t.Errorf("asks %v, want %v: a text of %d bytes", r.Asks, want, len(text))
		}
	}
}

// Persons are counted by number and by name, and once each.
func TestPersons(t *testing.T) {
	e := shipped(t)
	var b strings.Builder
	b.WriteString("Navn\tCPR\n")
	for i := range 30 {
		fmt.Fprintf(&b, "Anna Sørensen\t0101%02d-1234\n", 50+i%10)
	}
	if r := e.judgeText(b.String()); r.Persons != 10 {
		t.Errorf("got %d persons, want 10", r.Persons)
	}
}

func TestPersonCallback(t *testing.T) {
	e := shipped(t)
	var got []string
	s := e.NewScanner(Context{Person: func(kind string, n []byte) { got = append(got, fmt.Sprintf("%s/%d", kind, len(n))) }})
	s.Scan(Text{Part: "1", Data: []byte("cpr 07 07 61 42 85 og personnummer 19850714-9808")})
	s.Result()
	if want := []string{"dk-cpr/10", "se-pnr/10"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLanguage(t *testing.T) {
	e := shipped(t)
	for want, text := range map[string]string{
		"da": "Jeg har ikke fået noget at vide, men hvad gør vi nu?",
		"sv": "Jag har inte fått veta något, men vad gör vi nu?",
		"nb": "Jeg har ikke fått vite noe, men hva gjør vi nå?",
		"nn": "Eg har ikkje fått vite noko, men kva gjer vi no?",
		"fi": "En ole saanut tietää mitään, mutta mitä teemme nyt?",
		"en": "I have not been told anything, but what do we do now?",
	} {
		if got := e.judgeText(text).Lang; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Quoted says that everything found stands in text of an earlier mail.
func TestQuoted(t *testing.T) {
	e := shipped(t)
	s := e.NewScanner(Context{})
	s.Scan(Text{Part: "1", Data: []byte("cpr 070761-4285"), Quoted: true})
	if r := s.Result(); len(r.Findings) != 1 || !r.Findings[0].Quoted {
		t.Errorf("got %+v", r.Findings)
	}
}

// Explanations give shapes only.
func TestExplainMasks(t *testing.T) {
	e := shipped(t)
	s := e.NewScanner(Context{})
	s.Explain()
	s.Scan(Text{Part: "1", Data: []byte("Anna Sørensen, cpr 070761-4285, har skizofreni og lider under det.")})
	s.Result()
	out := fmt.Sprintf("%+v", s.Explanations())
	for _, secret := range []string{"0707", "4285", "skizo", "Anna", "Sørensen"} {
		if strings.Contains(out, secret) {
			t.Errorf("an explanation holds matched text")
		}
	}
	for _, want := range []string{"######-####", "s……………………i", "the check digit is right", "national number"} {
		if !strings.Contains(out, want) {
			t.Errorf("an explanation lacks %q", want)
		}
	}
}

// Whatever comes in, memory stays bounded.
func TestMemoryIsBounded(t *testing.T) {
	e := shipped(t)
	var before, after runtime.MemStats
	s := e.NewScanner(Context{})
	runtime.GC()
	runtime.ReadMemStats(&before)
	piece := denseText(64 << 10)
	for i := range 64 {
		s.Scan(Text{Part: "1", Data: piece, More: i < 63})
	}
	s.Result()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("4 MiB of dense text left %d bytes on the heap", grown)
	}
	runtime.KeepAlive(s)
}

// FuzzScan holds that no text breaks the scanner, and that pieces don't change the result.
func FuzzScan(f *testing.F) {
	e := shipped(f)
	f.Add([]byte("Anna Sørensen, cpr 070761-4285, har skizofreni."), 20)
	f.Add([]byte("<b>0707</b>61-4285 DK50 0040 0440 1162 43 \xff\xc3"), 7)
	for _, unit := range hostileTexts() {
		f.Add([]byte(strings.Repeat(unit, 50)), 33)
	}
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		whole := e.NewScanner(Context{})
		whole.Scan(Text{Part: "1", Data: data})
		want := fmt.Sprint(whole.Result())
		if len(data) == 0 {
			return
		}
		cut = ((cut % len(data)) + len(data)) % len(data)
		parted := e.NewScanner(Context{})
		parted.Explain()
		parted.Scan(Text{Part: "1", Data: data[:cut], More: true})
		parted.Scan(Text{Part: "1", Data: data[cut:]})
		if got := fmt.Sprint(parted.Result()); got != want {
			t.Error("pieces change the result")
		}
		parted.Explanations()
	})
}

// Colleagues named in passing are not persons of whom something is told.
func TestPersonsInPassing(t *testing.T) {
	e := shipped(t)
	text := "Hej Kirsten Holm. Jeg har talt med Peter Jensen og Lars Bruun om lokalet.\n\nAnna Sørensen har skizofreni.\n\nMette Lund har diabetes og er indlagt.\n"
	if r := e.judgeText(text); r.Persons != 2 {
		t.Errorf("got %d persons, want 2", r.Persons)
	}
}

// A genre that asks for the surest tie goes before one that asks for less; what a rule of it does not cover still counts.
func TestStrictestGenre(t *testing.T) {
	e := shipped(t)
	for text, want := range map[string]Level{
		"Bokkveld torsdag. Inga les frå romanen sin, om Torgeir og dottera Vilde, som får diagnosen borderline.":      None,
		"Torgeir fortel at dottera Vilde har fått diagnosen borderline.":                                              Sensitive,
		"Kolli 1: 24 esker metadon mikstur. Hvor er leveringen? Ring Hassan.":                                         None,
		"Hassan får metadon mikstur hver morgen.":                                                                     Sensitive,
		"Vikarplan. Mandag: Arve på kurs om selvskading, vikar Gro. Tirsdag: Gro fri.":                                None,
		"Vikarplan. Pasienten Per Holm, født 14.08.1956, er innlagt med blodpropp og har fått diagnosen hjertesvikt.": Sensitive,
		"Per Kristen Prest vil sette opp en carport i nr. 14.":                                                        None,
		"Samtykke: Navn: ________ Fødselsdato: ________ Fødselsnummer: ________ Jeg har fått diagnosen depresjon.":    None,
	} {
		if got := e.judgeText(text).Level; got != want {
			t.Errorf("%s: level %s, want %s", text, got, want)
		}
	}
}
