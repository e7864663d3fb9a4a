package register

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/report"
)

// printed is a document as its PDF reads, its spaces folded.
func printed(t *testing.T, p report.Paper) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("no pdftotext")
	}
	var pdf bytes.Buffer
	if err := p.WritePDF(&pdf); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-", "-")
	cmd.Stdin = &pdf
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// told says everything that a case of high risk can say.
func (b *book) told(id string) {
	for _, i := range append(cases.NotificationItems(), cases.NoticeNature, cases.NoticeEffects, cases.NoticeMeasures) {
		b.say(id, cases.Statement{Item: i, Status: cases.Stated, Text: "words on " + string(i)})
	}
	b.say(id, cases.Awareness{At: b.at.Add(-time.Hour), Reason: "a citizen called"},
		cases.Statement{Item: cases.PersonNumber, Status: cases.Estimate, Text: "about forty"},
		cases.Assessment{Group: "patients", Persons: 3, Consequences: "an illness becomes known", Severity: 4, Likelihood: 3, Level: cases.HighRisk, Reason: "health in the open"},
		cases.Assessment{Group: "staff", Persons: 2, Consequences: "a name becomes known", Severity: 1, Likelihood: 2, Level: cases.NoRisk, Reason: "it is public"},
		cases.Involvement{At: b.at, How: "by telephone", Advice: "tell them at once"},
		cases.Exemption{Ground: cases.Unintelligible, Reason: "the content was encrypted"},
		cases.Gathering{Incidents: []cases.Incident{{Key: "open", Time: b.at, Level: "sensitive", Kinds: []string{"health"}, Outcome: "delivered", Transport: "none", Department: "Jobcenter"}},
			Signals: []cases.Signal{{At: b.at.Add(-time.Hour), Human: true, What: "a call to the clinic"}}},
		cases.Order{At: b.at, Reference: "2026-77", Text: "tell all forty"},
		cases.Report{At: b.at, Phase: 1, Receipt: "receipt 11", Final: true},
		cases.Notice{At: b.at, By: cases.DigitalPost, Persons: 40, Proof: "folder 5"},
		cases.Attachment{Name: "receipt.pdf", Type: "application/pdf", Data: []byte("%PDF-1.7")})
}

// The register on paper holds the facts, the effects and the measures of Art. 33(5), and the ground of each decision.
func TestPaperIsWhole(t *testing.T) {
	b := newBook(t)
	strong := cases.Incident{Key: "shut", Time: b.at, Level: "sensitive", Protection: "smime", Strong: true, Outcome: "delivered"}
	b.told(b.open(cases.Opening{Title: "Mails of the clinic", Role: cases.Controller, Incidents: []cases.Incident{strong}, Signals: []cases.Signal{{At: b.at, What: "sent"}}}))
	processor := b.open(cases.Opening{Title: "A server", Role: cases.Processor, Controller: "Sydvig Kommune, the duty officer"})
	b.say(processor, cases.Informed{At: b.at, Receipt: "journal 8"})
	same := []string{"a citizen called", "about forty", "patients · 3 person", "an illness becomes known", "health in the open", "staff · 2 person", "it is public",
		"by telephone", "tell them at once", "the content was encrypted", "Jobcenter", "a call to the clinic", "2026-77 · tell all forty", "receipt 11", "40 person", "folder 5",
		"receipt.pdf", "words on measures", "words on notice-effects", "Sydvig Kommune, the duty officer", "journal 8"}
	for lang, own := range map[string][]string{
		"da": {"Begrundelse for tidspunktet", "Alvor 4 af 4, sandsynlighed 3 af 4", "høj risiko", "ingen risiko", "skøn", "følsom", "helbred", "mailen blev sendt", "art. 34, stk. 3, litra a", "Gælder ikke længere", "påbud", "Digital Post", "Den dataansvarlige underrettet", "intet mere følger"},
		"en": {"Reason for that time", "Severity 4 of 4, likelihood 3 of 4", "high risk", "no risk", "estimate", "sensitive", "health", "the mail was sent", "Art. 34(3)(a)", "No longer holds", "order", "digital post", "Controller informed", "nothing more follows"},
	} {
		p, err := b.Paper(t.Context(), lang)
		if err != nil {
			t.Fatal(err)
		}
		text := printed(t, p)
		for _, want := range append(own, same...) {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the PDF lacks %q", lang, want)
			}
		}
		if t.Failed() || strings.Contains(text, "%!") {
			t.Fatalf("%s:\n%s", lang, text)
		}
	}
}
