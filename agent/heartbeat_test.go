package agent

import (
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"postvagt/agent/maillog"
	"postvagt/agent/store"
	"postvagt/agent/tail"
	"postvagt/agent/track"
	"postvagt/dashboards"
)

// tested lets the milter of a host answer its test message now, as its line in the milter's own file says it.
func (d *desk) tested(host, wanted, action string) {
	d.t.Helper()
	options, err := d.w.config.trackOptions()
	if err != nil {
		d.t.Fatal(err)
	}
	p := &pipeline{store: d.Store, tracker: track.New(options), metrics: newMetrics(""), unknown: map[string]int64{}}
	s := &source{kind: "verdicts", parser: maillog.New(maillog.Options{Verdicts: true}, d.at)}
	head := d.at.UTC().Format("2006-01-02T15:04:05.000000+00:00") + " " + host + " postvagt-milter[412]: "
	p.line(s, tail.Line{Text: head + "SETTINGS: settings v=1 mode=observe policy=5f0c3a91d2e4 rules=0b77e91fa2c6 table=sensitive:hold,otherwise:pass"})
	p.line(s, tail.Line{Text: head + "SETTINGS: policyline v=1 policy=5f0c3a91d2e4 n=1/2 line=sensitive:hold?direction=outbound&level=sensitive"})
	p.line(s, tail.Line{Text: head + "SETTINGS: policyline v=1 policy=5f0c3a91d2e4 n=2/2 line=otherwise:pass?"})
	p.line(s, tail.Line{Text: head + "SELFTEST: selftest v=1 id=77 level=sensitive wanted=" + wanted + " action=" + action})
	if err := p.commit(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// drift looks, and returns what operations hear.
func (d *desk) drift() (all []string) {
	d.t.Helper()
	for _, told := range d.look() {
		if subject, ok := strings.CutPrefix(told, "drift@nordvig.example: "); ok {
			all = append(all, subject)
		}
	}
	return all
}

// Operations hear once of each silence and of a test message that would leave; what the mode does is not asked, since an
// observing milter must know as well. The test is in no figure.
func TestHeartbeat(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Alerts.Operations = []string{"drift@nordvig.example"} })
	want(t, "an agent alone", d.drift())
	d.openMails(1, "~sender")
	want(t, "the first day", d.drift())
	d.at = d.at.Add(48 * time.Hour)
	never := "No test message was ever seen"
	if told := strings.Join(d.drift(), "\n"); !strings.Contains(told, never) {
		t.Errorf("judged for two days without a test: %q", told)
	}
	d.tested("mx1.nordvig.example", "hold", "pass")
	d.tested("mx2.nordvig.example", "hold", "hold")
	d.at = d.at.Add(26 * time.Hour)
	want(t, "within the time", d.drift())
	d.tested("mx2.nordvig.example", "reject", "reject")
	d.at = d.at.Add(time.Minute)
	want(t, "mx1 is silent", d.drift(), "No test message from mx1 for 26 hours")
	d.at = d.at.Add(time.Hour)
	want(t, "once", d.drift())
	d.tested("mx2.nordvig.example", "tag", "tag")
	want(t, "mx2 only marks it", d.drift(), "The test message on mx2 would leave the house")
	d.at = d.at.Add(time.Hour)
	d.tested("mx2.nordvig.example", "pass", "pass")
	want(t, "the same fault", d.drift())
	d.tested("mx1.nordvig.example", "hold", "pass")
	d.tested("mx2.nordvig.example", "hold", "hold")
	want(t, "all is well", d.drift())
	d.at = d.at.Add(27 * time.Hour)
	want(t, "silent anew", d.drift(), "No test message from mx1 for 26 hours", "No test message from mx2 for 26 hours")
	if in, err := d.Store.Settings(t.Context(), dashboards.Period{}); err != nil || len(in) != 2 || in[0].Host != "mx1" || in[1].Mode != "observe" ||
		in[0].Table != "sensitive:hold?direction=outbound&level=sensitive,otherwise:pass?" {
		t.Errorf("in force %+v, %v", in, err)
	}
	o, err := d.Store.Overview(t.Context())
	if err != nil || o.Transmissions != 1 {
		t.Errorf("%d transmissions, %v: a test is no mail", o.Transmissions, err)
	}
}

// Alerts use no word of the workshop, but in the names of what is to be run.
func TestHeartbeatSpeaksPlainly(t *testing.T) {
	word, names := regexp.MustCompile(`(?i)milter|verdict|\btier|offender`), regexp.MustCompile(`postvagt-milter(-selftest\.timer)?`)
	for _, lang := range []string{"da", "en"} {
		d := newDesk(t, func(c *Config) {
			c.Alerts.Operations, c.Alerts.Lang, c.Alerts.Webhook = []string{"drift@nordvig.example"}, lang, "https://hook.example/"
		})
		d.tested("mx1", "pass", "pass")
		d.tested("mx2", "hold", "hold")
		d.at = d.at.Add(100 * time.Hour)
		if err := d.w.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		letters, err := d.Store.DueLetters(t.Context(), d.at, 100)
		if err != nil {
			t.Fatal(err)
		}
		alerts := 0
		for _, l := range letters {
			var what letter
			if err := json.Unmarshal(l.Data, &what); err != nil {
				t.Fatal(err)
			}
			if what.Webhook == nil || what.Webhook.Kind != "heartbeat" {
				continue
			}
			alerts++
			if said := names.ReplaceAllString(what.Webhook.Title+" "+what.Webhook.Text, ""); word.MatchString(said) {
				t.Errorf("%s: %q", lang, said)
			}
		}
		if alerts != 2 {
			t.Errorf("%s: %d alerts on two hosts", lang, alerts)
		}
	}
}

// Nobody is told where the configuration says so, and Prometheus knows when the last test was good.
func TestHeartbeatOff(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Alerts.Operations, c.Alerts.Heartbeat = []string{"drift@nordvig.example"}, 0 })
	d.tested("mx1", "hold", "hold")
	d.tested("mx2", "pass", "pass")
	good := d.at
	d.at = d.at.Add(100 * time.Hour)
	want(t, "off", d.drift())
	m := newMetrics("")
	m.selfTests(d.Store.SelfTests)
	answer := httptest.NewRecorder()
	m.handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for host, at := range map[string]time.Time{"mx1": good, "mx2": time.Unix(0, 0)} {
		line := `postvagt_agent_selftest_good_seconds{host="` + host + `"} `
		_, value, _ := strings.Cut(answer.Body.String(), line)
		value, _, _ = strings.Cut(value, "\n")
		if got, err := strconv.ParseFloat(value, 64); err != nil || int64(got) != at.Unix() {
			t.Errorf("%s%s, want %d", line, value, at.Unix())
		}
	}
}

// A line of a test counts only where the milter writes, as a verdict does.
func TestForgedHeartbeat(t *testing.T) {
	var r maillog.Record
	for text, want := range map[string]maillog.Kind{
		"SELFTEST: selftest v=1 id=77 level=sensitive wanted=hold action=hold":    maillog.Forged,
		"SELFTEST: selftest v=9 id=77 level=sensitive wanted=hold action=hold":    maillog.Unknown,
		"SELFTEST: selftest v=1 id=77 level=sensitive wanted=nothing action=hold": maillog.Unknown,
	} {
		maillog.New(maillog.Options{}, time.Time{}).Parse("2026-11-23T09:00:00.000000+00:00 mx1 postvagt-milter[412]: "+text, &r)
		if r.Kind != want {
			t.Errorf("%s: %s, want %s", text, r.Kind, want)
		}
	}
}

// The rules behind a verdict are kept for who judges it a false alarm, those of harmless mail are not.
func TestRulesOfAVerdict(t *testing.T) {
	d := newDesk(t, nil)
	options, err := d.w.config.trackOptions()
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{store: d.Store, tracker: track.New(options), metrics: newMetrics(""), unknown: map[string]int64{}}
	s := &source{kind: "verdicts", parser: maillog.New(maillog.Options{Verdicts: true}, d.at)}
	head := d.at.UTC().Format("2006-01-02T15:04:05.000000+00:00") + " mx1 postvagt-milter[412]: 4bXyQ12abc: verdict v=1 id="
	rest := " persons=1 protection=none alg= strong=no signed=no channel= direction=outbound lang=da from=ida@nordvig.example dept= rcpts=1 size=900 ms=1.0 rules=da-health:2,dk-cpr:1 parts= unopened=0 quoted=no hidden=no why=sensitive risk="
	p.line(s, tail.Line{Text: head + "0123456789abcdef0123456789abcdef action=hold level=sensitive kinds=health" + rest})
	p.line(s, tail.Line{Text: head + "1123456789abcdef0123456789abcdef action=pass level=none kinds=" + rest})
	if err := p.commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"0123456789abcdef0123456789abcdef": "da-health dk-cpr", "1123456789abcdef0123456789abcdef": "", "nobody": ""} {
		rules, err := d.Store.RulesOf(t.Context(), id)
		if got := strings.Join(rules, " "); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", id, got, err, want)
		}
	}
	if _, err := d.Store.Purge(t.Context(), store.Retention{Details: d.at.AddDate(0, 0, 2)}, d.at.AddDate(0, 0, 3)); err != nil {
		t.Fatal(err)
	}
	if rules, err := d.Store.RulesOf(t.Context(), "0123456789abcdef0123456789abcdef"); err != nil || rules != nil {
		t.Errorf("after the time of keeping: %q, %v", rules, err)
	}
}
