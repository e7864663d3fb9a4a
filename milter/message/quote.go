package message

import (
	"bytes"
	"strings"
)

// quoter tells lines of earlier mails from what the sender wrote: lines that begin with ">", what
// follows the header block or separator that mail programs put above an earlier mail, in Danish,
// Swedish, Norwegian, Finnish and English.
type quoter struct {
	w       *textWriter
	base    bool // everything is quoted
	rest    bool // an earlier mail began: all that follows is quoted
	pending []heldLine
	seen    int // bit set of labels among the pending lines
	attr    bool
}

// quoteHeld bounds the lines that wait for a judgement.
const quoteHeld = 12

type heldLine struct {
	text   []byte
	quoted bool
}

// label is a line of the header block above an earlier mail.
type label int

const (
	labelFrom label = 1 << iota
	labelSent
	labelTo
	labelSubject
)

// quoteLabels are the words before the colon, lower case.
var quoteLabels = map[string]label{
	"from": labelFrom, "fra": labelFrom, "frå": labelFrom, "från": labelFrom, "lähettäjä": labelFrom, "avsändare": labelFrom, "afsender": labelFrom, "avsender": labelFrom, "avsendar": labelFrom,
	"sent": labelSent, "sendt": labelSent, "send": labelSent, "skickat": labelSent, "lähetetty": labelSent, "date": labelSent, "dato": labelSent, "datum": labelSent, "päivämäärä": labelSent, "päiväys": labelSent, "pvm": labelSent, "sänt": labelSent,
	"to": labelTo, "til": labelTo, "till": labelTo, "vastaanottaja": labelTo, "cc": labelTo, "kopio": labelTo, "kopia": labelTo, "kopi": labelTo,
	"subject": labelSubject, "emne": labelSubject, "ämne": labelSubject, "aihe": labelSubject,
}

// separators begin an earlier mail when they stand between dashes or alone on a line.
var separators = []string{
	"original message", "oprindelig meddelelse", "original meddelelse", "oprindelig besked", "ursprungligt meddelande", "originalmeddelande",
	"opprinnelig melding", "opphavleg melding", "alkuperäinen viesti", "forwarded message", "videresendt meddelelse", "videresendt besked", "videresendt mail",
	"videresendt melding", "vidaresendt melding", "vidarebefordrat meddelande", "vidarebefordrat mejl", "välitetty viesti", "edelleenlähetetty viesti",
	"original appointment", "oprindelig aftale", "begin forwarded message", "start på videresendt besked", "vidarebefordrat brev", "videresendt e-post",
}

// wroteWords end the line above a quotation ("Den 3. marts skrev …:").
var wroteWords = []string{"wrote", "skrev", "skreiv", "kirjoitti", "writes", "skriver"}

func (q *quoter) line(p []byte, quoted bool) {
	if q.rest || q.base {
		q.put(p, true)
		return
	}
	lead := bytes.TrimLeft(p, " \t")
	gt := len(lead) > 0 && lead[0] == '>'
	if q.attr {
		if len(lead) == 0 && len(q.pending) < quoteHeld {
			q.hold(p, quoted)
			return
		}
		q.attr = false
		q.rest = !gt && !quoted
		q.release(true)
		if q.rest {
			q.put(p, true)
			return
		}
	}
	if gt {
		q.release(false)
		q.put(p, true)
		return
	}
	q.unmarked(p, lead, quoted)
}

// unmarked judges a line that bears no mark of quotation itself.
func (q *quoter) unmarked(p, lead []byte, quoted bool) {
	lab := labelOf(lead)
	switch {
	case isSeparator(lead):
		q.release(false)
		q.rest = true
		q.put(p, true)
	case lab == labelFrom && q.seen&int(labelFrom) != 0, lab == labelFrom && len(q.pending) == 0:
		q.release(false)
		q.hold(p, quoted)
		q.seen = int(labelFrom)
	case len(q.pending) > 0 && (lab != 0 || len(lead) == 0) && len(q.pending) < quoteHeld:
		q.hold(p, quoted)
		q.seen |= int(lab)
		if q.seen&int(labelFrom|labelSent) == int(labelFrom|labelSent) && q.seen&int(labelTo|labelSubject) != 0 {
			q.rest = true
			q.release(true)
		}
	case isAttribution(lead):
		q.release(false)
		q.hold(p, quoted)
		q.attr = true
	default:
		q.release(false)
		q.put(p, quoted)
	}
}

func (q *quoter) hold(p []byte, quoted bool) {
	q.pending = append(q.pending, heldLine{append([]byte(nil), p...), quoted})
}

// release hands the lines on that waited for a judgement.
func (q *quoter) release(quoted bool) {
	for _, h := range q.pending {
		q.put(h.text, quoted || h.quoted)
	}
	q.pending, q.seen, q.attr = q.pending[:0], 0, false
}

func (q *quoter) put(p []byte, quoted bool) {
	if len(p) > 0 {
		q.w.setQuoted(quoted || q.base)
	}
	q.w.write(p)
	q.w.endLine()
}

var newline = []byte("\n")

// fragment takes a stretch of a line that is too long to be judged.
func (q *quoter) fragment(p []byte) {
	q.release(false)
	q.w.setQuoted(q.rest || q.base)
	q.w.write(p)
}

func (q *quoter) close() {
	q.release(q.attr)
	q.w.close()
}

func labelOf(lead []byte) label {
	lead = lead[:min(len(lead), 40)]
	if bytes.IndexByte(lead, ':') < 0 {
		return 0
	}
	lead = bytes.TrimLeft(lead, "* \t|")
	colon := bytes.IndexByte(lead, ':')
	if colon < 2 || colon > 24 {
		return 0
	}
	return quoteLabels[strings.ToLower(string(bytes.Trim(lead[:colon], "* \t\u00a0")))]
}

func isSeparator(lead []byte) bool {
	const around = "-_=*+ \t:"
	if len(lead) < 12 || len(lead) > 100 || strings.IndexByte(around, lead[0]) < 0 && strings.IndexByte(around, lead[len(lead)-1]) < 0 {
		return false
	}
	bare := bytes.Trim(lead, around)
	if len(bare) < 12 || len(bare) > 40 || len(bare) == len(lead) {
		return false
	}
	s := strings.ToLower(string(bare))
	for _, sep := range separators {
		if s == sep {
			return true
		}
	}
	return false
}

// isAttribution recognises "On 3 March 2026 … wrote:": it ends with a colon and holds a digit or an address.
func isAttribution(lead []byte) bool {
	line := bytes.TrimRight(lead, " \t")
	if len(line) < 12 || len(line) > 400 || line[len(line)-1] != ':' || !bytes.ContainsAny(line, "0123456789@") {
		return false
	}
	s := strings.ToLower(string(line))
	for _, w := range wroteWords {
		if i := strings.Index(s, w); i >= 0 {
			begins := strings.HasPrefix(s, "on ") || strings.HasPrefix(s, "den ") || strings.HasPrefix(s, "am ") || strings.HasPrefix(s, "på ")
			if begins || strings.HasSuffix(s, w+":") || strings.Contains(s, "@") {
				return true
			}
		}
	}
	return false
}
