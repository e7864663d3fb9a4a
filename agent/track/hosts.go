package track

// The MTA and the milter may name the same machine differently: Postfix writes myhostname, the milter what the kernel
// says. A queue id at the same time is then the same message.

// manyHosts is the number of milters from which on a machine is expected to have one name.
const manyHosts = 16

// judgedMessage finds the message that a verdict is about.
func (t *Tracker) judgedMessage(k queueKey, us int64) *message {
	if m := t.atTime(k, us); m != nil {
		return m
	}
	for host := range t.mtas {
		if host == k.host {
			continue
		}
		other := queueKey{host, k.id}
		t.recall(other)
		if m := t.atTime(other, us); m != nil && m.Birth != 0 {
			return m
		}
	}
	return nil
}

// atTime is the message that bore a queue id at a time.
func (t *Tracker) atTime(k queueKey, us int64) *message {
	m := t.live[k]
	for m != nil && m.older != nil && m.Created > us+slack {
		m = m.older
	}
	if m != nil && (m.over() && us > m.Last+apart || m.Created > us+apart) {
		return nil // of another message with this queue id, whose lines are still to come
	}
	return m
}

// adopt takes the verdict that waits for a new message under another name of its host.
func (t *Tracker) adopt(m *message) {
	if !t.mtas[m.Host] {
		t.mtas[m.Host] = true
	}
	if len(t.hosts) > manyHosts {
		return
	}
	for host := range t.hosts {
		if host == m.Host {
			continue
		}
		k := queueKey{host, m.QueueID}
		t.recall(k)
		v := t.live[k]
		if v == nil || v.Birth != 0 || v.Waited || v.Created > m.Created+apart || v.Created < m.Created-slack {
			continue
		}
		t.forget(v)
		v.into = m
		t.touch(v) // its item goes
		m.Verdicts = append(m.Verdicts, v.Verdicts...)
		m.Last = max(m.Last, v.Last)
		for i := range v.Verdicts {
			at := v.Verdicts[i].At
			if t.hosts[m.Host] == 0 || at < t.hosts[m.Host] {
				t.hosts[m.Host] = at
			}
			t.judgedAt(m.Host, at)
		}
		return
	}
}
