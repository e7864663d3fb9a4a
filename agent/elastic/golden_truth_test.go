package elastic

import (
	"strings"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// truth is what the questions must answer, counted mail by mail on what happened: by the id of the question, then by row.
type truth struct {
	rows map[string]map[string]dashboards.Row
	seen map[string]map[string]map[string]bool // of different values: those that were counted

	months map[string]map[string]map[string]bool // senders, recipients -> name -> months with an open copy
}

func newTruth() *truth {
	return &truth{map[string]map[string]dashboards.Row{}, map[string]map[string]map[string]bool{}, map[string]map[string]map[string]bool{}}
}

func (t *truth) add(id, key string, count, n int64) {
	if t.rows[id] == nil {
		t.rows[id] = map[string]dashboards.Row{}
	}
	r := t.rows[id][key]
	t.rows[id][key] = dashboards.Row{Key: key, Count: r.Count + count, N: r.N + n}
}

// count counts one for a question, and for each of its divisions, which are named "id=row".
func (t *truth) count(id string, divisions ...string) {
	t.add(id, "", 1, 0)
	for _, d := range divisions {
		of, key, _ := strings.Cut(d, "=")
		t.add(of, key, 1, 0)
	}
}

// share counts one in the whole of a share, and in its part where it is of it.
func (t *truth) share(part bool, id string, divisions ...string) {
	count := int64(0)
	if part {
		count = 1
	}
	t.add(id, "", count, 1)
	for _, d := range divisions {
		of, key, _ := strings.Cut(d, "=")
		t.add(of, key, count, 1)
	}
}

// different counts a value that was not there before.
func (t *truth) different(id, key, value string) {
	if t.seen[id] == nil {
		t.seen[id] = map[string]map[string]bool{}
	}
	if t.seen[id][key] == nil {
		t.seen[id][key] = map[string]bool{}
	}
	if !t.seen[id][key][value] {
		t.seen[id][key][value] = true
		t.add(id, key, 1, 0)
	}
}

func week(at time.Time) string {
	return at.AddDate(0, 0, -(int(at.Weekday())+6)%7).Format(time.DateOnly)
}

func monthOf(at time.Time) string { return at.Format("2006-01") + "-01" }

// mail counts a mail.
func (t *truth) mail(m *mail) {
	if m.outside {
		t.count("sent", "sent-departments="+m.department)
		if m.recognised {
			t.recognised(m)
		}
		t.unsure(m)
		t.held(m)
		t.secure(m)
	}
	if m.mailbox != "" {
		t.different("secure-mailboxes", "", m.mailbox)
		t.different("secure-mailboxes-monthly", monthOf(m.at), m.mailbox)
	}
	if m.checked != "" {
		t.add("checks", m.checked, 1, 0)
		t.share(m.checked == "under-10ms" || m.checked == "under-1s", "checked-quickly")
	}
	for i := range m.copies {
		t.copy(m, &m.copies[i])
	}
}

func (t *truth) recognised(m *mail) {
	w, d := week(m.at), m.department
	t.count("recognised", "recognised-weekly="+w, "recognised-departments="+d)
	t.count(m.level) // sensitive, confidential
	t.share(m.right == "yes", "done-right", "done-right-weekly="+w, "done-right-departments="+d)
	for _, k := range m.kinds {
		t.add("recognised-kinds", k, 1, 0)
	}
	if m.left {
		t.share(m.worst == "yes", "left-safely", "left-safely-weekly="+w, "left-safely-departments="+d)
		t.add("recognised-protection", m.worst, 1, 0)
	}
	if m.worst == "no" {
		t.count("open-" + m.level)
		t.count("open-mails", "open-mails-weekly="+w, "open-mails-departments="+d)
		for _, k := range m.kinds {
			t.add("open-mails-kinds", k, 1, 0)
		}
	}
	if m.worst == "unknown" {
		t.count("protection-unknown")
	}
	if m.end == "unknown" {
		t.count("outcome-unknown")
	}
}

// unsure counts what could not be seen or was not.
func (t *truth) unsure(m *mail) {
	switch m.level {
	case "unseen":
		t.count("unseen", "unseen-weekly="+week(m.at))
		t.share(m.end == "delivered" && m.worst == "yes", "done-right-unseen")
		if m.left {
			t.share(m.worst == "yes", "left-safely-unseen")
		}
	case "unknown":
		t.count("not-judged", "not-judged-weekly="+week(m.at))
	}
	if m.shut > 0 {
		t.count("unopened")
	}
}

func (t *truth) held(m *mail) {
	if !m.held {
		return
	}
	t.count("held", "held-weekly="+week(m.at), "held-departments="+m.department, "held-ended="+m.end)
	if m.end == "held" {
		t.count("held-now")
	}
	if m.letGo && m.left && m.worst != "yes" {
		t.count("released-open", "released-open-weekly="+week(m.at))
	}
}

func (t *truth) secure(m *mail) {
	switch m.state {
	case "marked":
		t.add("channel-marked", m.channel, 1, 0)
	case "proven":
		t.add("channel-proven", m.channel, 1, 0)
		t.add("channel-proven-monthly", monthOf(m.at), 1, 0)
	}
}

// copy counts a copy, a mail to one recipient.
func (t *truth) copy(m *mail, c *copied) {
	day := m.at.Format(time.DateOnly)
	t.count("transmissions", "transmissions-daily="+day, "outcomes="+c.end, "hosts="+m.host)
	t.add("size-daily", day, m.size, 0)
	if m.level == "unknown" {
		t.add("unjudged-daily", day, 1, 0)
		t.add("unjudged-hosts", m.host, 1, 0)
	}
	if m.unfinished {
		t.count("unfinished")
	}
	switch c.end {
	case "deferred", "bounced":
		t.count(c.end)
	case "unknown":
		t.count("no-outcome")
	}
	if c.delay != "" {
		quick := c.delay == "under-100ms" || c.delay == "under-10s" || c.delay == "under-1m"
		t.add("delays", c.delay, 1, 0)
		t.share(quick, "delivered-quickly", "delivered-quickly-daily="+day)
	}
	if c.finding != "" {
		t.add("findings", c.finding, 1, 0)
	}
	if c.left {
		t.connection(m, c)
	}
	if c.outside && m.recognised {
		t.open(m, c)
	}
}

func (t *truth) connection(m *mail, c *copied) {
	t.count("copies", "transports="+c.transport, "promises="+c.promise, "tls-versions="+c.version, "tls-ciphers="+c.cipher)
	t.share(c.encrypted(), "encrypted", "encrypted-weekly="+week(m.at), "encrypted-relays="+c.relay, "encrypted-domains="+c.domain)
	switch c.transport {
	case "plaintext":
		t.count("plaintext", "plaintext-domains="+c.domain)
	case "unknown":
		t.count("transport-unknown")
	}
}

func (t *truth) open(m *mail, c *copied) {
	if c.objection {
		t.add("after-objection", c.end, 1, 0)
		if c.left && c.protection != "yes" {
			t.count("open-after-objection")
		}
	}
	if c.left && (c.protection == "no" || c.protection == "first-hop") {
		t.count("open-copies", "repeat-senders="+m.sender, "repeat-recipients="+c.to, "repeat-domains="+c.domain, "open-copies-weekly="+week(m.at))
		t.different("open-senders", "", m.sender)
		t.different("open-recipients", "", c.to)
		t.openedIn("senders", m.sender, monthOf(m.at))
		t.openedIn("recipients", c.to, monthOf(m.at))
	}
}

// answers are the golden rows of a question.
func (t *truth) answers(id string) (all []dashboards.Row) {
	for _, r := range t.rows[id] {
		all = append(all, r)
	}
	return all
}

// SQLite and Elasticsearch, asked as the panels ask, both say what happened.
func TestQuestionsTellWhatHappened(t *testing.T) {
	h := newHouse(t)
	h.round()
	g, golden := newTeller(month(2012, 1), 100), newTruth()
	total := transmissions(t) / 2 // mails have two copies on average
	var batch []event.Document
	for n := range total {
		m := g.mail()
		golden.mail(&m)
		batch = append(batch, m.documents(n)...)
		if len(batch) >= 10_000 || n == total-1 {
			h.commit(batch...)
			batch = nil
		}
	}
	told := g.told()
	for i := range told {
		golden.note(&told[i])
	}
	golden.settle()
	h.putNotes(told)
	sum := h.all()
	if want := golden.rows["transmissions"][""].Count; int64(sum.Done) != want || sum.Refused+sum.Dropped != 0 {
		t.Fatalf("%+v of %d transmissions", sum, want)
	}
	settled(t)
	panels := lensPanels(t)
	for _, board := range dashboards.Boards() {
		for _, q := range dashboards.On(board.ID) {
			want := golden.answers(q.ID)
			if len(want) == 0 {
				t.Errorf("%s: nothing was counted for it", q.ID)
				continue
			}
			said, err := h.Ask(t.Context(), q, everything, nil)
			if err != nil {
				t.Fatal(err)
			}
			golden.compare(t, q, said)
			panels[dashboards.PanelID("en", board.ID, q.ID)].compare(t, h, q, want)
		}
	}
	h.marks(t, golden)
}

// compare requires that SQLite's rows are the golden ones.
func (t *truth) compare(test *testing.T, q dashboards.Question, said []dashboards.Row) {
	test.Helper()
	left := map[string]dashboards.Row{}
	for key, r := range t.rows[q.ID] {
		left[key] = r
	}
	for _, r := range said {
		want := left[r.Key]
		delete(left, r.Key)
		if r.Count != want.Count || q.Measure.Kind == dashboards.Ratio && r.N != want.N {
			test.Errorf("%s %q: SQLite says %d of %d, it was %d of %d", q.ID, r.Key, r.Count, r.N, want.Count, want.N)
		}
	}
	for key, r := range left {
		if r.Count != 0 || r.N != 0 {
			test.Errorf("%s %q: it was %d of %d, SQLite has no row", q.ID, key, r.Count, r.N)
		}
	}
}
