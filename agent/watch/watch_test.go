package watch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// open is one open mail, so many days after noon of the first day.
func open(day float64, sender, department, citizen, objection string) Mail {
	key := fmt.Sprintf("%s-%v-%s", sender, day, citizen)
	return Mail{Key: key, MessageKey: key, Time: noon.Add(time.Duration(day * 24 * float64(time.Hour))), Sender: sender, Department: department, Citizen: citizen, Objection: objection}
}

func facts(day float64, mails ...Mail) Facts {
	return Facts{Mails: mails, Now: noon.Add(time.Duration(day * 24 * float64(time.Hour)))}
}

// rule picks a default rule, so that these tests hold what is shipped.
func rule(t *testing.T, by By) Rule {
	t.Helper()
	for _, r := range DefaultRules() {
		if r.By == by {
			if err := r.Check(); err != nil {
				t.Error(err)
			}
			return r
		}
	}
	t.Fatalf("no rule by %s", by)
	return Rule{}
}

func TestFind(t *testing.T) {
	sender := func(days ...float64) (all []Mail) {
		for _, d := range days {
			all = append(all, open(d, "a", "Jobcenter", fmt.Sprint("c", d), ""))
		}
		return all
	}
	changed := func(mails []Mail, f func(*Mail)) []Mail {
		for i := range mails {
			f(&mails[i])
		}
		return mails
	}
	for _, tt := range []struct {
		name  string
		by    By
		facts Facts
		want  int // findings
	}{
		{"R10 two are not yet repeated", BySender, facts(40, sender(0, 1)...), 0},
		{"R10 three in the window", BySender, facts(40, sender(0, 10, 30)...), 1},
		{"three, but too far apart", BySender, facts(100, sender(0, 20, 40, 60)...), 0},
		{"three of another sender", BySender, facts(40, append(sender(0, 1), open(2, "b", "Jobcenter", "c", ""))...), 0},
		{"two episodes", BySender, facts(100, sender(0, 1, 2, 60, 61, 62)...), 2},
		{"false alarms do not count", BySender, facts(40, changed(sender(0, 1, 2), func(m *Mail) { m.FalseAlarm = true })...), 0},
		{"one message to three is one", BySender, facts(40, changed(sender(0, 0.1, 0.2), func(m *Mail) { m.MessageKey = "one" })...), 0},
		{"what is older than a year is forgotten", BySender, facts(366, sender(0, 1, 2)...), 0},
		{"what is to come does not count", BySender, facts(1.5, sender(0, 1, 2)...), 0},
		{"R9 the first after an objection", ByObjection, facts(1, open(0, "a", "Jobcenter", "c", "o")), 1},
		{"no objection", ByObjection, facts(1, open(0, "a", "Jobcenter", "c", "")), 0},
		{"R10 the same citizen twice", ByCitizen, facts(40, open(0, "a", "A", "c", ""), open(30, "b", "B", "c", "")), 1},
		{"no department, no share", ByDepartment, facts(5, sender(0, 0.1, 0.2, 0.3, 0.4)...), 1},
		{"R11 before the instruction", ByInstruction, withInstruction(facts(5, sender(0)...), 1, ""), 0},
		{"R11 after the instruction", ByInstruction, withInstruction(facts(5, sender(2)...), 1, ""), 1},
		{"R11 another department was instructed", ByInstruction, withInstruction(facts(5, sender(2)...), 1, "Borgerservice"), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Find([]Rule{rule(t, tt.by)}, tt.facts)
			if len(got) != tt.want {
				t.Errorf("%d findings, want %d: %+v", len(got), tt.want, got)
			}
		})
	}
	few := facts(5, sender(0, 0.1, 0.2, 0.3, 0.4)...)
	few.Sensitive = map[string]int{"Jobcenter": 51}
	if got := Find([]Rule{rule(t, ByDepartment)}, few); got != nil {
		t.Errorf("five of 51 is under a tenth: %+v", got)
	}
}

func withInstruction(f Facts, day float64, department string) Facts {
	f.Instructions = []Instruction{{At: noon.Add(time.Duration(day * 24 * float64(time.Hour))), Department: department}}
	return f
}

// A finding keeps its name while it goes on, so that it alerts once.
func TestOneAlertForAThing(t *testing.T) {
	r := []Rule{rule(t, ByObjection)}
	one := Find(r, facts(1, open(0, "a", "A", "c", "o")))
	two := Find(r, facts(9, open(0, "a", "A", "c", "o"), open(8, "b", "B", "d", "o")))
	other := Find(r, facts(9, open(0, "a", "A", "c", "p")))
	if len(one) != 1 || len(two) != 1 || one[0].ID != two[0].ID || two[0].Recipients != 2 || other[0].ID == one[0].ID {
		t.Errorf("%+v\n%+v\n%+v", one, two, other)
	}
}

// Rebild 2014: a citizen objects; the office writes again, another does, a third writes about her to somebody else.
func TestRebild(t *testing.T) {
	f := facts(30, open(0, "a", "Jobcenter", "citizen", "her"), open(3, "b", "Borgerservice", "citizen", "her"), open(9, "c", "Familie", "doctor", "her"))
	got := Find([]Rule{rule(t, ByObjection)}, f)
	if len(got) != 1 || !got[0].Repeated() || !slices.Equal(got[0].Departments, []string{"Borgerservice", "Familie", "Jobcenter"}) {
		t.Fatalf("%+v", got)
	}
	da, en := About(got[0], Officer, "https://postvagt.example", "da", f.Now), About(got[0], Officer, "", "en", f.Now)
	if da.Title != "Åben mail: efter indsigelse, gentaget, tre afdelinger" || en.Title != "Open mail: after objection, repeated, three departments" {
		t.Errorf("%q, %q", da.Title, en.Title)
	}
	first := Find([]Rule{rule(t, ByObjection)}, facts(1, open(0, "a", "Jobcenter", "citizen", "her")))
	if first[0].ID != got[0].ID || About(first[0], Officer, "", "en", f.Now).ID == en.ID {
		t.Error("the first mail was alerted, and what it became is not")
	}
	if da.Link != "https://postvagt.example/repeated/"+got[0].ID || en.Link != "" {
		t.Errorf("%q, %q", da.Link, en.Link)
	}
	for _, secret := range []string{"citizen", "doctor", "her", "Jobcenter"} {
		if strings.Contains(da.Title+da.Text, secret) {
			t.Errorf("the alert names %q", secret)
		}
	}
}

// Who was stopped has tried all the same; other rules do not count it.
func TestPrevented(t *testing.T) {
	m := open(0, "a", "Jobcenter", "c", "o")
	m.Prevented = true
	all := Find([]Rule{{Name: "x", By: ByCitizen, Count: 1, Days: 9}, rule(t, ByObjection)}, facts(1, m))
	if len(all) != 1 || all[0].By != ByObjection || all[0].Prevented != 1 {
		t.Fatalf("%+v", all)
	}
	if a := About(all[0], Officer, "", "en", noon); !strings.Contains(a.Text, "1 held back") {
		t.Error(a.Text)
	}
}

func TestSteps(t *testing.T) {
	informed, norway := Gate{Informed: true, Country: "dk"}, Gate{Informed: true, Country: "no"}
	long, short := noon.Add(-4*24*time.Hour), noon.Add(-time.Hour)
	confirmed := Finding{By: BySender, Confirmed: true, Explained: true}
	for _, tt := range []struct {
		name string
		f    Finding
		g    Gate
		told time.Time
		want []To
	}{
		{"R11 the gate is shut", confirmed, Gate{}, long, []To{Officer}},
		{"first the sender", confirmed, informed, time.Time{}, []To{Officer, Sender}},
		{"the sender could not explain yet", confirmed, informed, short, []To{Officer, Sender}},
		{"then the manager", confirmed, informed, long, []To{Officer, Sender, Manager}},
		{"nobody asked the sender", Finding{By: BySender, Confirmed: true}, informed, long, []To{Officer, Sender}},
		{"not confirmed", Finding{By: BySender, Explained: true}, informed, long, []To{Officer, Sender}},
		{"no managers in Norway", confirmed, norway, long, []To{Officer, Sender}},
		{"a citizen is no employee", Finding{By: ByCitizen, Confirmed: true}, informed, long, []To{Officer}},
		{"a department is nobody", Finding{By: ByDepartment, Confirmed: true}, informed, long, []To{Officer}},
	} {
		if got := Steps(tt.f, tt.g, tt.told, noon); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRuleCheck(t *testing.T) {
	good := Rule{Name: "r", By: BySender, Count: 1, Days: 1}
	for key, f := range map[string]func(*Rule){
		"name": func(r *Rule) { r.Name = "" }, "by": func(r *Rule) { r.By = "colour" }, "count": func(r *Rule) { r.Count = 0 },
		"days": func(r *Rule) { r.Days = 400 }, "share": func(r *Rule) { r.Share = 0.5 },
	} {
		r := good
		f(&r)
		if err := r.Check(); err == nil || !strings.HasPrefix(err.Error(), key+": ") {
			t.Errorf("%s: %v", key, err)
		}
	}
}
