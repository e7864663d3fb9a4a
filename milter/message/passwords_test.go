package message

import (
	"slices"
	"testing"
)

// TestPasswordsIn finds the password in the ways in which people tell it.
func TestPasswordsIn(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Adgangskoden er Sommer2026!", "Sommer2026!"},
		{"Kodeord: \"blå himmel 7\"", "\"blå himmel 7\""},
		{"Lösenordet skickas här:\n\nVinter-77\n", "Vinter-77"},
		{"passordet er (Fjell123).", "Fjell123"},
		{"Salasana on Talvi2026.", "Talvi2026"},
		{"PIN: 4711", "4711"},
		{"the password for the archive is correct-horse", "correct-horse"},
		{"pw=abc123", "abc123"},
		{"Vedr. sag 010101-0101. Koden er modtagerens nummer.", "0101010101"},
		{"Koden er de sidste fire cifre af 010101-0199.", "0199"},
		{"unlock with the passphrase «Æble#9»", "Æble#9"},
	} {
		if got := passwordsIn(c.text); !slices.Contains(got, c.want) {
			t.Errorf("%q: not among %d candidates", c.text, len(got))
		}
	}
}

// TestTellsPassword tells mails that hand over a key from those that speak of one.
func TestTellsPassword(t *testing.T) {
	for text, want := range map[string]bool{
		"Koden til filen er Sommer2026!":                        true,
		"Lösenordet: hjk-88kd":                                  true,
		"Adgangskoden sendes på SMS.":                           false,
		"Du skal skifte kodeord hver 90. dag.":                  false,
		"Salasana toimitetaan tekstiviestillä numeroon 0401234": false,
		"Ring på 12 34 56 78, så får du koden.":                 false,
		"Postkode 8000 Aarhus C":                                false,
		"Glemt password? Klik https://x.example/reset?id=a1b2":  false,
	} {
		if got := tellsPassword(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// The quick look for a cue misses none that the slow one finds.
func FuzzMayHoldCue(f *testing.F) {
	for _, s := range []string{"pw=abc", "Min KODE er 4711", "«kode»", "x\u00a0LØSENORD", "l\u00d6sen", "pinjehegn", "Adgangskode", "kodeord: 12", "xkode", "9pin"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if speaksOfPassword(s) && !mayHoldCue([]byte(s)) {
			t.Error("a cue was missed")
		}
	})
}
