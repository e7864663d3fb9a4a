package held

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"postvagt/milter/verdict"
)

// Reasons for which a message may leave in the open.
const (
	FalseAlarm           = "false-alarm"
	DocumentedProtection = "documented-protection"
	DangerToLife         = "danger-to-life"
)

// Reasons lists them.
func Reasons() []string { return []string{FalseAlarm, DocumentedProtection, DangerToLife} }

// Rules is what the admin decided about held mail.
type Rules struct {
	EscalateAfter time.Duration // nobody decided: it is escalated
	ReturnAfter   time.Duration // nobody decided: it goes back to its sender
	FourEyes      []string      // kinds that take two persons to release or delete
	Override      []string      // departments whose senders may decide on their own mail, with a reason
}

// Refusal is why something is not done. It is an answer, and no fault of the helper.
type Refusal struct {
	Code  Code
	Text  string
	Words []Quote
}

func (r *Refusal) Error() string { return r.Text }

func refuse(code Code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Text: fmt.Sprintf(format, args...)}
}

// noteMost bounds reason and note, in bytes.
const noteMost = 500

// check says whether a request may be done to a message; v is nil where there is no verdict. It knows nothing of who
// asked before.
func (r *Rules) check(q *Request, m Message, v *verdict.Record) *Refusal {
	if q.Actor.Name == "" || len(q.Actor.Addresses) == 0 {
		return refuse(CodeActor, "say who decides: actor needs a name and the person's own addresses")
	}
	if q.Actor.owns(m.Sender) && !r.maySelf(q.Op, v) {
		return refuse(CodeOwnMail, "%s: nobody decides on their own mail: ask another reviewer", m.ID)
	}
	for name, text := range map[string]string{"reason": q.Reason, "note": q.Note} {
		switch {
		case len(text) > noteMost || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' }):
			return refuse(CodeReason, "%s is longer than %d bytes, or not one line", name, noteMost)
		case verdict.HasNumber(text):
			return refuse(CodeNumber, "the %s seems to hold a national number: it is kept, so name the case and not the person", name)
		}
	}
	return q.checkReason()
}

// maySelf says whether senders may do something to their own mail: where the department allows it, and never read or delete.
func (r *Rules) maySelf(op string, v *verdict.Record) bool {
	return v != nil && slices.Contains(r.Override, v.Department) && op != OpShow && op != OpDelete
}

// owns says whether a sender is the actor, also under a sub-address. An address without a domain is a login name, and
// stands for that name at any domain.
func (a *Actor) owns(sender string) bool {
	base := verdict.BaseAddress(sender)
	local, _, _ := strings.Cut(base, "@")
	return sender != "" && slices.ContainsFunc(a.Addresses, func(s string) bool {
		return strings.EqualFold(verdict.BaseAddress(s), base) || strings.EqualFold(s, local)
	})
}

// checkReason wants a reason where the operation takes one.
func (q *Request) checkReason() *Refusal {
	reason, note := strings.TrimSpace(q.Reason), strings.TrimSpace(q.Note)
	switch q.Op {
	case OpShow:
		if reason == "" {
			return refuse(CodeReason, "say why the message must be read: it is recorded, and its sender is told")
		}
	case OpDelete:
		if reason == "" {
			return refuse(CodeReason, "say why the message must be destroyed: it is recorded")
		}
	case OpRelease:
		known := slices.Contains(Reasons(), reason)
		switch {
		case reason != DangerToLife && (consent.MatchString(reason) || consent.MatchString(note)):
			return &Refusal{CodeConsent, "the citizen's consent does not lift the duty to protect the data: return the message, or send it by the secure channel or as a letter", consentWords()}
		case !known:
			return refuse(CodeReason, "reason %q is not one of %s", reason, strings.Join(Reasons(), ", "))
		case note == "":
			return refuse(CodeReason, "say in note what supports the reason %s", reason)
		}
	}
	return nil
}

// needsTwo says whether an operation takes a second person. What nobody judged may hold any kind.
func (r *Rules) needsTwo(op string, v *verdict.Record) bool {
	if len(r.FourEyes) == 0 || op != OpRelease && op != OpDelete {
		return false
	}
	return v == nil || v.Level == verdict.LevelUnseen || v.Level == verdict.LevelUnknown ||
		slices.ContainsFunc(v.Kinds, func(k string) bool { return slices.Contains(r.FourEyes, k) })
}

// returns says whether a message goes back to its sender when nobody decides: only what the milter held, and never
// to a stranger, whose mail would go out in the open once more.
func returns(m Message, v *verdict.Record) bool {
	return m.Sender != "" && v != nil && v.Action == verdict.Hold && v.Direction != verdict.Inbound
}

// consent finds the citizen's consent among reasons, in the languages of the house.
var consent = regexp.MustCompile(`(?i)samty[kc]|samþykk|consent|suostumu|medgiv|indforstå|(?:borger|klient|patient|kunde|asiakas|citizen|client).{0,20}(?:till[aå]|ja\b|yes|agree|accept|ok\b)|(?:till[aå]telse|tilladelse) (?:fra|af|från|av) (?:borger|klient|patient|kunde)`)

func consentWords() []Quote {
	return []Quote{
		{"Borgerrådgiveren, København, 2012-98616", "da", "… ligesom borgeren heller ikke har eller kunne give tilladelse til, at der blev fremsendt fortrolige eller personfølsomme oplysninger via en almindelig (usikker) e-mail. Sådanne oplysninger må — hvis borgeren ikke kan modtage post via sikker e-mail — sendes som almindelig papirpost."},
		{"Datainspektionen, Åland, Allmänna råd nr 1-2013", "sv", "Den registeransvariga ska skydda personuppgifterna från utomstående bl.a. med tillräckliga tekniska åtgärder. Det gäller även då de skickas med e-post. Detta gäller trots att den registrerade givit sitt samtycke."},
	}
}
