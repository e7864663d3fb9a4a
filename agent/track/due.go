package track

import (
	"container/heap"
)

// dues is what waits for a time, in buckets of a minute.
type dues struct {
	buckets map[int64][]queueKey
	order   minutes
}

type minutes []int64

func (m minutes) Len() int           { return len(m) }
func (m minutes) Less(i, j int) bool { return m[i] < m[j] }
func (m minutes) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *minutes) Push(x any)        { *m = append(*m, x.(int64)) }
func (m *minutes) Pop() any {
	last := len(*m) - 1
	x := (*m)[last]
	*m = (*m)[:last]
	return x
}

const never = int64(1) << 62

func (d *dues) put(at int64, host, id string) {
	if at >= never {
		return
	}
	if d.buckets == nil {
		d.buckets = map[int64][]queueKey{}
	}
	b := at/minute + 1
	if _, ok := d.buckets[b]; !ok {
		heap.Push(&d.order, b)
	}
	d.buckets[b] = append(d.buckets[b], queueKey{host, id})
}

// over says whether the wait of any is over.
func (d *dues) over(now int64) bool { return len(d.order) > 0 && d.order[0] <= now/minute }

// take returns the queue ids of one past minute.
func (d *dues) take(now int64) ([]queueKey, bool) {
	if !d.over(now) {
		return nil, false
	}
	b := heap.Pop(&d.order).(int64)
	keys := d.buckets[b]
	delete(d.buckets, b)
	return keys, true
}

// due is when a message must be looked at though no line comes, in the time of the log. A clock that is put back does not
// shorten a wait.
func (t *Tracker) due(m *message) int64 {
	switch {
	case !m.Waited:
		return m.Created + m.Behind + t.window
	case m.Birth == 0 || m.over():
		return max(m.Last, m.Created+t.window) + m.Behind + lateGrace
	case m.OnHold:
		return never
	case !m.Stray:
		return max(m.Birth, m.EndTime) + m.Behind + t.life
	}
	return max(m.Last, m.Birth+t.life) + m.Behind + lateGrace
}

// expire looks at what is due, by minutes, until as many messages or more wait for a Flush.
func (t *Tracker) expire(most int) {
	for len(t.dirty) < most {
		keys, ok := t.dues.take(t.now)
		if !ok {
			return
		}
		for _, k := range keys {
			t.recall(k)
			for m := t.live[k]; m != nil; {
				older := m.older
				if m.QueueID == k.id {
					t.lookAt(m)
				}
				m = older
			}
		}
	}
}

// lookAt ends a wait that is over.
func (t *Tracker) lookAt(m *message) {
	if at := t.due(m); at > t.now {
		t.dues.put(at, m.Host, m.QueueID)
		return
	}
	switch {
	case !m.Waited:
		rowsWaited := m.Parent != "" || m.unshown()
		m.Waited = true
		if rowsWaited {
			m.Parent = ""
			t.touch(m)
		}
		t.look(m)
	case m.Birth != 0 && !m.over() && !m.Stray:
		m.Stray = true
		t.touch(m)
	default: // nothing more will come
		m.done = true
		t.look(m)
		return
	}
	t.dues.put(t.due(m), m.Host, m.QueueID)
}

// finished says that no line can change the message any more.
func (t *Tracker) finished(m *message) bool {
	if !m.over() || m.Instance == sendmail && !m.Waited { // Sendmail does not say that a message is gone
		return false
	}
	if m.Test {
		return true
	}
	if j := m.judged(); j != nil && j.complete() {
		return true
	}
	_, milter := t.hosts[m.Host]
	return !milter && (m.Waited || t.opt.NoVerdicts) // no verdict is to be expected of this host
}
