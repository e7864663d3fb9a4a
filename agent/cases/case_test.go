package cases

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

var monday = at("2026-11-23T08:00:00Z")

// story says things of one case and stops the test at the first refusal.
type story struct {
	t *testing.T
	*Case
	now time.Time
}

func opened(t *testing.T, o Opening) *story {
	t.Helper()
	s := &story{t: t, Case: &Case{ID: "2026-0001"}, now: monday}
	if o.Title == "" {
		o.Title = "Mails of the clinic"
	}
	if o.Role == "" {
		o.Role = Controller
	}
	s.say(o)
	return s
}

func (s *story) say(changes ...Change) {
	s.t.Helper()
	for _, c := range changes {
		s.now = s.now.Add(time.Minute)
		if err := s.Say(Said{At: s.now, By: "officer"}, c); err != nil {
			s.t.Fatalf("%s: %v", c.kind(), err)
		}
	}
}

// refused says something and wants it refused at the field.
func (s *story) refused(field string, c Change) {
	s.t.Helper()
	var r *Refusal
	if err := s.Say(Said{At: s.now, By: "officer"}, c); !errors.As(err, &r) || r.Field != field {
		s.t.Fatalf("%s: %v, want a refusal at %s", c.kind(), err, field)
	}
}

// state fills in points, all as stated.
func (s *story) state(items ...Item) {
	s.t.Helper()
	for _, i := range items {
		s.say(Statement{Item: i, Status: Stated, Text: "text of " + string(i)})
	}
}

func assessed(l Level) Assessment {
	n := map[Level]int{NoRisk: 1, Risk: 2, HighRisk: 3}[l]
	return Assessment{Group: "patients", Persons: 1, Consequences: "loss of control", Severity: n, Likelihood: n, Level: l, Reason: "because"}
}

func TestClock(t *testing.T) {
	for _, tt := range []struct {
		name, zone, aware, deadline string
	}{
		{"in winter", "Europe/Copenhagen", "2026-11-23T09:00:00+01:00", "2026-11-26T09:00:00+01:00"},
		{"over a week-end and Christmas", "Europe/Copenhagen", "2026-12-24T16:00:00+01:00", "2026-12-27T16:00:00+01:00"},
		{"the clocks go back: an hour earlier by the wall", "Europe/Copenhagen", "2026-10-23T12:00:00+02:00", "2026-10-26T11:00:00+01:00"},
		{"the clocks go forward: an hour later by the wall", "Europe/Helsinki", "2026-03-27T12:00:00+02:00", "2026-03-30T13:00:00+03:00"},
		{"in the hour that comes twice", "Europe/Stockholm", "2026-10-25T02:30:00+01:00", "2026-10-28T02:30:00+01:00"},
		{"a leap day", "Europe/Oslo", "2028-02-27T10:00:00+01:00", "2028-03-01T10:00:00+01:00"},
		{"no leap day", "Europe/Oslo", "2027-02-27T10:00:00+01:00", "2027-03-02T10:00:00+01:00"},
		{"a zone without summer time", "Atlantic/Reykjavik", "2026-10-23T12:00:00Z", "2026-10-26T12:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			s := opened(t, Opening{})
			s.say(Awareness{At: at(tt.aware)}, assessed(Risk))
			k := s.Clock(at(tt.aware).Add(time.Hour))
			if k.State != Running || k.Left != 71*time.Hour {
				t.Errorf("%s, %s left", k.State, k.Left)
			}
			if got := k.Deadline.In(zone).Format(time.RFC3339); got != tt.deadline {
				t.Errorf("deadline %s, want %s", got, tt.deadline)
			}
		})
	}
}

func TestClockStates(t *testing.T) {
	aware := monday
	phase := func(h time.Duration, late string) Report {
		return Report{At: aware.Add(h * time.Hour), Phase: 1, Late: late, Receipt: "2026-1"}
	}
	for _, tt := range []struct {
		name    string
		changes []Change
		now     time.Duration // hours after awareness
		want    ClockState
	}{
		{"not assessed yet", nil, 1, Running},
		{"at the limit", []Change{assessed(Risk)}, 72, Running},
		{"no risk", []Change{assessed(NoRisk)}, 100, NotRequired},
		{"no risk for some, high for others", []Change{assessed(NoRisk), Assessment{Group: "children", Consequences: "x", Severity: 4, Likelihood: 4, Level: HighRisk, Reason: "y"}}, 100, Overdue},
		{"no risk, but an order", []Change{assessed(NoRisk), Order{At: aware, Reference: "2026-7"}}, 100, Overdue},
		{"reported in hour 71", []Change{assessed(Risk), phase(71, "")}, 100, InTime},
		{"reported in hour 73", []Change{assessed(Risk), phase(73, "the mailbox was found late")}, 100, TooLate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := opened(t, Opening{})
			s.say(Awareness{At: aware})
			s.state(NotificationItems()...)
			s.say(tt.changes...)
			if k := s.Clock(aware.Add(tt.now * time.Hour)); k.State != tt.want {
				t.Errorf("%s, want %s", k.State, tt.want)
			}
		})
	}
	if k := opened(t, Opening{}).Clock(monday); k.State != Unstarted {
		t.Errorf("before awareness: %s", k.State)
	}
}

func TestReminders(t *testing.T) {
	s := opened(t, Opening{})
	s.say(Awareness{At: monday})
	var ages []time.Duration
	for last, now := monday, monday; now.Before(monday.Add(80 * time.Hour)); last, now = now, now.Add(7*time.Hour) {
		for _, r := range s.Due(last, now) {
			ages = append(ages, r.Age/time.Hour)
		}
	}
	if want := []time.Duration{24, 48, 66, 72}; !slices.Equal(ages, want) {
		t.Errorf("reminded at %v hours, want %v, each once", ages, want)
	}
	s.state(NotificationItems()...)
	s.say(Report{At: monday.Add(time.Hour), Phase: 1, Receipt: "2026-1"})
	if due := s.Due(monday, monday.Add(80*time.Hour)); due != nil {
		t.Errorf("reminded of a notified breach: %v", due)
	}
}

func TestAwareness(t *testing.T) {
	signals := []Signal{{At: monday.Add(-9 * time.Hour), What: "an alert"}, {At: monday.Add(-time.Hour), Human: true, What: "the triage"}, {At: monday, Human: true, What: "a call"}}
	s := opened(t, Opening{Signals: signals})
	if got := s.ProposedAwareness(); !got.Equal(monday.Add(-time.Hour)) {
		t.Errorf("proposed %s", got)
	}
	s.refused("reason", Awareness{At: monday})
	s.say(Awareness{At: monday.Add(-time.Hour)})
	s.refused("reason", Awareness{At: monday})
	s.say(Awareness{At: monday, Reason: "the triage saw another mail"})
}

// A form says minutes, a signal is stamped within one: the proposal must be taken as it was shown, and the next minute not.
func TestAwarenessToTheMinute(t *testing.T) {
	s := opened(t, Opening{Signals: []Signal{{At: monday.Add(34567 * time.Millisecond), Human: true, What: "the triage"}}})
	s.refused("reason", Awareness{At: monday.Add(time.Minute)})
	s.say(Awareness{At: monday})
}

// Part of the law, each row: what the level asks, what an exemption takes away, what an order puts back.
func TestProcedure(t *testing.T) {
	strong := []Incident{{Key: "a", Protection: "smime", Algorithm: "AES-256", Strong: true}}
	for _, tt := range []struct {
		name         string
		incidents    []Incident
		changes      []Change
		notify, tell bool
	}{
		{"R19 no risk", nil, []Change{assessed(NoRisk)}, false, false},
		{"R19 risk", nil, []Change{assessed(Risk)}, true, false},
		{"R19 high risk", nil, []Change{assessed(HighRisk)}, true, true},
		{"R20 encrypted", strong, []Change{assessed(HighRisk), Exemption{Ground: Unintelligible, Reason: "AES-256"}}, true, false},
		{"R20 an open mail came later", strong, []Change{assessed(HighRisk), Exemption{Ground: Unintelligible, Reason: "AES-256"}, Gathering{Incidents: []Incident{{Key: "b"}}}}, true, true},
		{"R20 averted", nil, []Change{assessed(HighRisk), Exemption{Ground: Averted, Reason: "deleted unread"}}, true, false},
		{"R20 public instead", nil, []Change{assessed(HighRisk), Exemption{Ground: Disproportionate, Reason: "40,000", Public: "web site, 2026-11-24"}}, true, false},
		{"R20 an order overrides an exemption", strong, []Change{assessed(HighRisk), Exemption{Ground: Unintelligible, Reason: "x"}, Order{At: monday, Reference: "2026-7"}}, true, true},
		{"R20 an order overrides our level", nil, []Change{assessed(NoRisk), Order{At: monday, Reference: "2026-7"}}, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := opened(t, Opening{Incidents: tt.incidents})
			s.say(tt.changes...)
			if p := s.Procedure(); p.Notify != tt.notify || p.Tell != tt.tell || !p.Register {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestFirstExemptionNeedsProof(t *testing.T) {
	for name, incidents := range map[string][]Incident{
		"no transmission": nil,
		"TLS alone":       {{Key: "a", Transport: "verified", Protection: "none"}},
		"weak":            {{Key: "a", Protection: "zip", Algorithm: "ZipCrypto"}},
		"one of two":      {{Key: "a", Protection: "smime", Strong: true}, {Key: "b", Protection: "none"}},
	} {
		s := opened(t, Opening{Incidents: incidents})
		s.say(assessed(HighRisk))
		if err := s.Say(Said{At: monday, By: "officer"}, Exemption{Ground: Unintelligible, Reason: "encrypted"}); !errors.Is(err, ErrNotProven) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Phase 1 at hour 71 must be possible with what is not known yet; only closing refuses.
func TestPhases(t *testing.T) {
	s := opened(t, Opening{})
	s.say(Awareness{At: monday}, assessed(HighRisk), Involvement{At: monday, How: "by telephone"})
	report := Report{At: monday.Add(71 * time.Hour), Phase: 1, Receipt: "2026-1"}
	s.refused("nature", report)
	for _, i := range NotificationItems() {
		s.say(Statement{Item: i, Status: NotYet, Because: "the log is being read", By: monday.Add(96 * time.Hour)})
	}
	s.say(report)

	var u *Unfinished
	if err := s.Say(Said{At: s.now, By: "officer"}, Closing{}); !errors.As(err, &u) {
		t.Fatalf("closed: %v", err)
	}
	for _, want := range []Lack{{LackUnknown, RecordNumber}, {LackUnknown, DPO}, {LackItem, NoticeNature}, {LackNotice, ""}} {
		if !slices.Contains(u.Lacks, want) {
			t.Errorf("%v is not said to be missing: %v", want, u)
		}
	}
	s.refused("person-kinds", func() Change { s.state(Nature); return Report{At: s.now, Phase: 2, Receipt: "2026-2", Final: true} }())
	s.state(NotificationItems()...)
	s.refused("phase", Report{At: s.now, Phase: 1})
	s.say(Report{At: monday.Add(90 * time.Hour), Phase: 2, Receipt: "2026-2", Final: true})
	s.refused("notice-nature", Notice{At: s.now, By: Letter, Persons: 3, Proof: "folder 7"})
	s.state(NoticeItems()...)
	s.refused("by", Notice{At: s.now, By: "e-mail", Persons: 3, Proof: "sent folder"})
	s.say(Notice{At: s.now, By: Letter, Persons: 3, Proof: "folder 7"}, Closing{Summary: "done"})
	if k := s.Clock(s.now); k.State != InTime {
		t.Errorf("further information made it %s", k.State)
	}
	s.refused("case", assessed(Risk))
	s.say(Comment{Text: "looked at"}, Reopening{Reason: "one more mail"}, assessed(Risk))
}

func TestLateNeedsReason(t *testing.T) {
	s := opened(t, Opening{})
	s.say(Awareness{At: monday}, assessed(Risk))
	s.state(NotificationItems()...)
	s.refused("late", Report{At: monday.Add(Limit + time.Second), Phase: 1, Receipt: "2026-1"})
	s.say(Report{At: monday.Add(Limit), Phase: 1, Receipt: "2026-1"})

	s.say(Awareness{At: monday.Add(-time.Hour), Reason: "a call came earlier"}, Involvement{At: monday, How: "mail"})
	if lacks := s.Lacks(); !slices.Equal(lacks, []Lack{{What: LackLate}}) {
		t.Errorf("awareness moved back, so it was late: %v", lacks)
	}
}

// R21: a processor has no 72 hours, and cannot close before the controller knows.
func TestProcessor(t *testing.T) {
	s := &Case{ID: "2026-0001"}
	var r *Refusal
	if err := s.Say(Said{At: monday, By: "officer"}, Opening{Title: "x", Role: Processor}); !errors.As(err, &r) || r.Field != "controller" {
		t.Errorf("without a controller: %v", err)
	}
	p := opened(t, Opening{Role: Processor, Controller: "Nordvig Kommune, telephone in the contract"})
	p.say(Awareness{At: monday}, Involvement{At: monday, How: "in person"})
	p.state(NotificationItems()...)
	if k := p.Clock(monday.Add(1000 * time.Hour)); k.State != NoLimit || !k.Deadline.IsZero() {
		t.Errorf("%+v", k)
	}
	p.refused("case", Report{At: monday, Phase: 1})
	if lacks := p.Lacks(); !slices.Equal(lacks, []Lack{{What: LackInformed}}) {
		t.Errorf("lacks %v", lacks)
	}
	p.say(Informed{At: monday, Receipt: "folder 3"}, Closing{})
	d := ControllerNotice(p.Case, House{Name: "Fælles-IT", Zone: time.UTC}, "da")
	if d.Fields[0].Text != p.ControllerContact || !strings.Contains(d.Title, "dataansvarlige") {
		t.Errorf("%+v", d.Fields[0])
	}
}

func TestBadChanges(t *testing.T) {
	for _, tt := range []struct {
		field string
		c     Change
	}{
		{"level", Assessment{Level: "some", Reason: "r", Consequences: "c", Severity: 1, Likelihood: 1}},
		{"level", Assessment{Level: NoRisk, Reason: "r", Consequences: "c", Severity: 4, Likelihood: 2}},
		{"reason", Assessment{Level: Risk, Consequences: "c", Severity: 1, Likelihood: 1}},
		{"severity", Assessment{Level: Risk, Reason: "r", Consequences: "c", Severity: 5, Likelihood: 1}},
		{"item", Statement{Item: "weather", Status: Stated, Text: "x"}},
		{"text", Statement{Item: Nature, Status: Stated}},
		{"because", Statement{Item: Nature, Status: NotYet, Because: "x"}},
		{"public", Exemption{Ground: Disproportionate, Reason: "r"}},
		{"ground", Exemption{Ground: "tired", Reason: "r"}},
		{"file", Attachment{Name: "a.pdf"}},
		{"types", Typing{}},
		{"types", Typing{Types: []BreachType{"theft"}}},
		{"file", Attachment{Name: "a.pdf", Data: make([]byte, MaxAttachment+1)}},
		{"at", Report{Phase: 1}},
		{"case", Reopening{Reason: "r"}},
		{"case", Opening{Title: "again", Role: Controller}},
		{"incidents", Gathering{}},
	} {
		opened(t, Opening{}).refused(tt.field, tt.c)
	}
	if err := (&Case{}).Say(Said{At: monday, By: "officer"}, Comment{Text: "x"}); err == nil {
		t.Error("said of a case that is not open")
	}
	for _, tr := range []Triage{{}, {Judgement: RuleBroken}, {Judgement: Breach}} {
		if tr.Check() == nil {
			t.Errorf("%+v was taken", tr)
		}
	}
}
