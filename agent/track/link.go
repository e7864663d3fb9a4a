package track

import (
	"strings"

	"postvagt/agent/maillog"
)

// messageID notes the message-id, and whether the message may be another one that comes back: made on this
// host (by a content filter or an alias) with the message-id of one that is still in the queue.
func (t *Tracker) messageID(m *message, id string) {
	if id == "" || m.MessageID != "" {
		return
	}
	m.MessageID = t.opt.mask(id)
	t.touch(m)
	k := queueKey{m.Host, m.MessageID}
	if at, ok := t.outside.ids[t.outside.hash(k)]; ok {
		t.recallAt(at)
	}
	parent := t.byMsgID[k]
	if parent == m {
		return
	}
	if parent != nil && parent.inQueue() && m.Instance != sendmail && fromHere(m) {
		m.Parent = parent.QueueID
		t.waiting[queueKey{m.Host, m.Parent}] = append(t.waiting[queueKey{m.Host, m.Parent}], m)
		return
	}
	t.byMsgID[k] = m
}

// fromHere says whether a message came from this host: by the loopback, or from the MTA itself.
func fromHere(m *message) bool {
	if m.Client == "" {
		return !m.HasFrom // pickup names a sender at once
	}
	return strings.Contains(m.Client, "[127.") || strings.Contains(m.Client, "[::1]")
}

// release ends the wait of messages that might have been this one's continuation.
func (t *Tracker) release(m *message) {
	k := queueKey{m.Host, m.QueueID}
	for _, id := range t.storedFor[k] {
		t.recall(queueKey{m.Host, id})
	}
	delete(t.storedFor, k)
	for _, child := range t.waiting[k] {
		if child.Parent != "" && child.into == nil {
			child.Parent = ""
			t.touch(child)
		}
	}
	delete(t.waiting, k)
}

// deliver takes one try to deliver into account.
func (t *Tracker) deliver(m *message, r *maillog.Record, us int64, at Origin) {
	link := t.clients.delivery(m.Host, r)
	for _, to := range append([]string{r.To}, r.More...) {
		t.deliverOne(m, r, to, us, at, link)
	}
	if r.Other != "" {
		t.handOver(m, r)
	}
	if m.Instance == sendmail && m.allFinal() {
		m.gone(m.QueueID)
	}
	t.touch(m)
}

func (t *Tracker) deliverOne(m *message, r *maillog.Record, to string, us int64, at Origin, link link) {
	tag := ""
	if r.QueueID != m.QueueID {
		tag = strings.Clone(r.QueueID)
	}
	to = t.opt.mask(to)
	orig := to
	if r.OrigTo != "" {
		orig = t.opt.mask(r.OrigTo)
	}
	d := m.place(tag, orig, to).out(tag, to)
	d.Status, d.At, d.DSN, d.Relay = t.intern(r.Status), us, t.intern(r.DSN), t.intern(r.Relay)
	d.Via, d.Version, d.Cipher = link.via, link.version, link.cipher
	d.Proof = [2]mark{t.markOf(at), link.proof}
}

// place finds the original recipient that a delivery belongs to. Under a further queue id the MTA may know it
// only by the address that the first one became.
func (m *message) place(tag, orig, to string) *rcpt {
	var handed *rcpt
	n := 0
	for i := range m.Rcpts {
		r := &m.Rcpts[i]
		if strings.EqualFold(r.Orig, orig) {
			return r
		}
		if tag == "" {
			continue
		}
		for j := range r.Outs {
			if r.Outs[j].Handed != tag {
				continue
			}
			if strings.EqualFold(r.Outs[j].To, orig) || strings.EqualFold(r.Outs[j].To, to) {
				return r
			}
			handed = r
			n++
		}
	}
	if n == 1 && m.NRcpt <= 1 { // of several, another one's line may be still to come
		return handed
	}
	return m.recipient(orig)
}

// out finds the delivery to an address, or adds one. A delivery that went on under another queue id stays beside it.
func (r *rcpt) out(tag, to string) *delivery {
	for i := range r.Outs {
		d := &r.Outs[i]
		if strings.EqualFold(d.To, to) && (d.QueueID == tag || d.Handed == "" && d.Status == maillog.Deferred) {
			d.QueueID = tag
			return d
		}
	}
	r.Outs = append(r.Outs, delivery{QueueID: tag, To: to})
	return &r.Outs[len(r.Outs)-1]
}

// handOver joins the message that a delivery on this host became.
func (t *Tracker) handOver(m *message, r *maillog.Record) {
	k := queueKey{m.Host, r.Other}
	t.recall(k)
	child := t.live[k]
	if child == nil {
		return
	}
	if child != m {
		if child.Parent != m.QueueID {
			return
		}
		t.mark(m, r)
		t.merge(m, child)
		return
	}
	if r.Other != r.QueueID && m.bears(r.Other) {
		t.mark(m, r)
	}
}

// mark notes under which queue id a delivery goes on.
func (t *Tracker) mark(m *message, r *maillog.Record) {
	for i := range m.Rcpts {
		for j := range m.Rcpts[i].Outs {
			d := &m.Rcpts[i].Outs[j]
			if strings.EqualFold(d.To, t.opt.mask(r.To)) && d.Handed == "" && (d.QueueID == r.QueueID || d.QueueID == "" && r.QueueID == m.QueueID) {
				d.Handed = strings.Clone(r.Other)
			}
		}
	}
}

// merge makes child a part of m: its queue ids, verdicts and deliveries.
func (t *Tracker) merge(m, child *message) {
	if child.into != nil || m.into != nil || m == child {
		return
	}
	t.forget(child)
	child.into = m
	t.touch(child) // its item goes
	m.Further = append(append(m.Further, child.QueueID), child.Further...)
	m.Gone = append(m.Gone, child.Gone...)
	m.Verdicts = append(m.Verdicts, child.Verdicts...)
	m.Proof = append(m.Proof, child.Proof...)
	m.Awaited = false
	m.OnHold, m.Held, m.Released = m.OnHold || child.OnHold, m.Held || child.Held, m.Released || child.Released
	m.EndTime, m.Last = max(m.EndTime, child.EndTime), max(m.Last, child.Last)
	if m.Rejected == "" {
		m.Rejected = child.Rejected
	}
	for _, r := range child.Rcpts {
		for _, d := range r.Outs {
			if d.QueueID == "" {
				d.QueueID = child.QueueID
			}
			*m.place(d.QueueID, r.Orig, d.To).out(d.QueueID, d.To) = d
		}
	}
	for _, id := range append([]string{child.QueueID}, child.Further...) {
		t.index(queueKey{m.Host, id}, m)
	}
	t.touch(m)
}

// allFinal says whether each recipient has an end: how Sendmail's messages are known to be gone.
func (m *message) allFinal() bool {
	n := 0
	for i := range m.Rcpts {
		for j := range m.Rcpts[i].Outs {
			if m.Rcpts[i].Outs[j].Status == maillog.Deferred {
				return false
			}
			n++
		}
	}
	return m.NRcpt > 0 && n >= m.NRcpt
}
