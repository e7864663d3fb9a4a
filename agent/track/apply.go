package track

import (
	"strings"

	"postvagt/agent/maillog"
)

const (
	second   = int64(1_000_000)
	slack    = 5 * second  // between the clocks of two writers on one host
	apart    = 60 * second // lines of a new message with an old queue id are further apart than this
	sendmail = "sendmail"
)

// message applies a line of the MTA.
func (t *Tracker) message(r *maillog.Record, at Origin) {
	k := queueKey{t.host(r.Host), r.QueueID}
	t.recall(k)
	m := t.live[k]
	if m != nil && begins(m, r) {
		m = nil
	}
	if m == nil {
		switch r.Kind {
		case maillog.Remove, maillog.Notification, maillog.Requeue:
			return // of a message from before the log began
		case maillog.Expire:
			if r.Status == "" {
				return
			}
		}
		m = t.create(k, r)
		t.adopt(m)
	}
	us := r.Time.UnixMicro()
	if m.Birth == 0 {
		m.Birth = us
		m.Instance, m.FullHost = t.intern(r.Instance), t.intern(r.Host)
		m.Waited = false
		t.touch(m)
	}
	m.Last = max(m.Last, us)
	t.apply(m, r, us, at)
}

// begins says whether a line is about a new message with the queue id of an old one.
func begins(m *message, r *maillog.Record) bool {
	us := r.Time.UnixMicro()
	switch r.Kind {
	case maillog.Born, maillog.MessageID, maillog.Queued:
	default:
		return false
	}
	if m.Birth == 0 { // a verdict that waits for its message
		return us > m.Created+apart
	}
	isGone := m.Rejected != "" || m.Deleted
	for _, g := range m.Gone {
		isGone = isGone || g == r.QueueID
	}
	if m.Instance == sendmail {
		return isGone && r.Kind == maillog.Queued && us > m.Last+apart
	}
	return isGone || r.Kind == maillog.Born && us > m.Last+apart && us > m.Birth+apart
}

func (t *Tracker) create(k queueKey, r *maillog.Record) *message {
	m := &message{Host: k.host, QueueID: strings.Clone(k.id), Created: r.Time.UnixMicro(), Last: r.Time.UnixMicro()}
	if behind := t.now - m.Created; behind > minute {
		m.Behind = behind
	}
	t.index(queueKey{m.Host, m.QueueID}, m)
	t.dues.put(t.due(m), m.Host, m.QueueID)
	t.touch(m)
	return m
}

// intern keeps one copy of a name that is on every line.
func (t *Tracker) intern(s string) string {
	if v, ok := t.words[s]; ok {
		return v
	}
	c := strings.Clone(s)
	if len(t.words) < 10_000 {
		t.words[c] = c
	}
	return c
}

func (t *Tracker) apply(m *message, r *maillog.Record, us int64, at Origin) {
	switch r.Kind {
	case maillog.Born:
		t.born(m, r, at)
	case maillog.MessageID:
		t.messageID(m, r.MessageID)
	case maillog.Queued:
		t.queued(m, r, at)
	case maillog.Delivery:
		t.deliver(m, r, us, at)
	case maillog.Hold:
		if !m.OnHold {
			m.OnHold, m.Held, m.EndTime = true, true, us
			t.prove(m, at)
		}
		t.hint(m, r)
	case maillog.Release:
		m.Released = m.Released || m.Held && !m.Returning
		m.OnHold, m.EndTime = false, us
		t.prove(m, at)
	case maillog.Reject:
		if m.Rejected == "" || m.Rejected == "-" {
			m.Rejected, m.EndTime = t.intern(r.DSN), us
			if r.DSN == "" {
				m.Rejected = "-"
			}
			t.prove(m, at)
		}
		t.hint(m, r)
	case maillog.Discard:
		m.Deleted, m.EndTime = true, us
		t.prove(m, at)
		t.hint(m, r)
	case maillog.Expire:
		t.expireMessage(m, r, us, at)
	case maillog.Requeue:
		m.gone(strings.Clone(r.QueueID))
		m.Released = m.Released || m.OnHold // a held message that is requeued is held no more
		m.Awaited, m.OnHold = true, false
		t.touch(m)
	case maillog.Remove:
		t.remove(m, r, us, at)
	case maillog.Notification:
		if r.Instance == sendmail && m.OnHold { // it reports on no message in quarantine but one that it returns
			m.Expired, m.OnHold, m.EndTime = returned, false, us
			t.prove(m, at)
		}
		if child := t.live[queueKey{m.Host, r.Other}]; child != nil && child != m && !child.Bounce {
			child.Bounce = true
			t.touch(child)
		}
	}
}

// expireMessage: what postsuper makes expire leaves hold as if it were released, and is then given up.
func (t *Tracker) expireMessage(m *message, r *maillog.Record, us int64, at Origin) {
	switch {
	case r.Status == "":
		m.Returning = m.Returning || m.OnHold
	case r.Status == maillog.ForceExpired && m.Returning:
		m.Expired, m.OnHold, m.EndTime = returned, false, us
	default:
		m.Expired, m.EndTime = expired, us
	}
	t.prove(m, at)
}

func (t *Tracker) prove(m *message, at Origin) {
	if m.Proof == nil {
		m.Proof = make([]mark, 0, 4) // as many as most messages have
	}
	m.Proof = append(m.Proof, t.markOf(at))
	t.touch(m)
}

func (t *Tracker) born(m *message, r *maillog.Record, at Origin) {
	m.Client = strings.Clone(r.Client)
	m.User = t.opt.mask(r.User)
	if r.HasFrom {
		m.From, m.HasFrom = t.opt.mask(r.From), true
	}
	t.prove(m, at)
	if r.OrigQueueID != "" {
		t.recall(queueKey{m.Host, r.OrigQueueID})
		if parent := t.live[queueKey{m.Host, r.OrigQueueID}]; parent != nil && parent != m {
			t.merge(parent, m)
		}
	}
}

func (t *Tracker) queued(m *message, r *maillog.Record, at Origin) {
	if m.HasFrom && m.Size == r.Size && m.NRcpt != 0 {
		return // each time it comes back into the active queue
	}
	if r.QueueID == m.QueueID || !m.HasFrom {
		m.From, m.HasFrom = t.opt.mask(r.From), true
		m.Size, m.NRcpt = r.Size, max(1, r.NRcpt)
	}
	if r.From == "" && m.Client == "" && m.Instance != sendmail {
		m.Bounce = true // only the MTA itself writes from the null sender without a client
	}
	t.touch(m)
	if m.Instance == sendmail {
		m.Client = strings.Clone(r.Client)
		t.messageID(m, r.MessageID)
		t.prove(m, at)
	}
}

func (t *Tracker) remove(m *message, r *maillog.Record, us int64, at Origin) {
	m.gone(strings.Clone(r.QueueID))
	if r.ByHand() || r.Service == maillog.Queue && (m.OnHold || !m.allFinal()) {
		m.Deleted, m.EndTime, m.OnHold = true, us, false
		t.prove(m, at)
	}
	m.Awaited = m.Awaited && m.Deleted
	t.touch(m)
	if m.inQueue() {
		return
	}
	delete(t.byMsgID, queueKey{m.Host, m.MessageID})
	t.release(m)
}

// hint takes the recipient that a line about the whole message happens to name.
func (t *Tracker) hint(m *message, r *maillog.Record) {
	if r.HasFrom && !m.HasFrom {
		m.From, m.HasFrom = t.opt.mask(r.From), true
	}
	for _, to := range append([]string{r.To}, r.More...) {
		if to != "" && len(m.Rcpts) == 0 || r.Instance == sendmail && to != "" {
			m.recipient(t.opt.mask(to))
		}
	}
	t.touch(m)
}

// recipient finds or adds an original recipient.
func (m *message) recipient(orig string) *rcpt {
	for i := range m.Rcpts {
		if strings.EqualFold(m.Rcpts[i].Orig, orig) {
			return &m.Rcpts[i]
		}
	}
	m.Rcpts = append(m.Rcpts, rcpt{Orig: orig})
	return &m.Rcpts[len(m.Rcpts)-1]
}

// mask masks by shape and copies: what is kept must not hold on to the line.
func (o *Options) mask(address string) string {
	digits := 0
	for i := 0; i < len(address) && digits < 6; i++ {
		if c := address[i]; c >= '0' && c <= '9' {
			digits++
		}
	}
	if digits < 6 {
		return strings.Clone(address) // no run of six digits in it
	}
	return strings.Clone(o.Mask(address))
}

// judgedBy is the message that a line of the milter is about.
func (t *Tracker) judgedBy(r *maillog.Record) *message {
	host, us := t.host(r.Host), r.Time.UnixMicro()
	if first, ok := t.hosts[host]; !ok || us < first {
		t.hosts[host] = us
	}
	k := queueKey{host, r.QueueID}
	t.recall(k)
	m := t.judgedMessage(k, us)
	if m == nil {
		m = t.create(k, r)
		m.FullHost = t.intern(r.Host)
	}
	if first, ok := t.hosts[m.Host]; !ok || us < first {
		t.hosts[m.Host] = us
	}
	t.judgedAt(host, us)
	t.judgedAt(m.Host, us)
	m.Last = max(m.Last, us)
	return m
}

// selfTest: it was the admin's test message, and no mail.
func (t *Tracker) selfTest(r *maillog.Record) {
	m := t.judgedBy(r)
	m.Test = true
	t.touch(m)
}

// verdict applies a line of the milter.
func (t *Tracker) verdict(r *maillog.Record, at Origin) {
	m := t.judgedBy(r)
	j := m.judgement(r.Verdict.ID)
	j.QueueID, j.At = strings.Clone(r.QueueID), max(j.At, r.Time.UnixMicro())
	j.Count = max(j.Count, r.Verdict.Count)
	if v := r.Verdict.Message; v != nil {
		j.Record, j.Proof = v, t.markOf(at)
	}
	if v := r.Verdict.Recipient; v != nil && !j.has(r.Verdict.N) {
		j.insert(judgedRecipient{r.Verdict.N, *v, t.markOf(at)})
	}
	t.touch(m)
}

func (m *message) judgement(id string) *judgement {
	for i := range m.Verdicts {
		if m.Verdicts[i].ID == id {
			return &m.Verdicts[i]
		}
	}
	m.Verdicts = append(m.Verdicts, judgement{ID: strings.Clone(id)})
	return &m.Verdicts[len(m.Verdicts)-1]
}

func (j *judgement) has(n int) bool {
	for i := range j.Rcpts {
		if j.Rcpts[i].N == n {
			return true
		}
	}
	return false
}

func (j *judgement) insert(r judgedRecipient) {
	i := len(j.Rcpts)
	for i > 0 && j.Rcpts[i-1].N > r.N {
		i--
	}
	j.Rcpts = append(j.Rcpts, judgedRecipient{})
	copy(j.Rcpts[i+1:], j.Rcpts[i:])
	j.Rcpts[i] = r
}
