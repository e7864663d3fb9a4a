package track

import (
	"slices"
	"sort"
)

// enter puts a message into memory under all its queue ids.
func (t *Tracker) enter(m *message) {
	for _, id := range append([]string{m.QueueID}, m.Further...) {
		t.index(queueKey{m.Host, id}, m)
	}
	switch {
	case m.Parent != "":
		k := queueKey{m.Host, m.Parent}
		t.waiting[k] = append(t.waiting[k], m)
	case m.MessageID != "" && m.inQueue():
		t.byMsgID[queueKey{m.Host, m.MessageID}] = m
	}
	t.dues.put(t.due(m), m.Host, m.QueueID)
}

// index puts a message under a queue id, the newest first.
func (t *Tracker) index(k queueKey, m *message) {
	at := t.live[k]
	if at == m || at == nil || at.Created <= m.Created {
		if at != m && at != nil && k.id == m.QueueID {
			m.older = at
		}
		t.live[k] = m
		return
	}
	for at.older != nil && at.older.Created > m.Created {
		at = at.older
	}
	m.older, at.older = at.older, m
}

// forget takes a message out of memory.
func (t *Tracker) forget(m *message) {
	for _, id := range append([]string{m.QueueID}, m.Further...) {
		k := queueKey{m.Host, id}
		at := t.live[k]
		if at == m {
			if m.older != nil && id == m.QueueID {
				t.live[k] = m.older
			} else {
				delete(t.live, k)
			}
			continue
		}
		for ; at != nil; at = at.older {
			if at.older == m {
				at.older = m.older
			}
		}
	}
	if k := (queueKey{m.Host, m.MessageID}); t.byMsgID[k] == m {
		delete(t.byMsgID, k)
	}
	if m.Parent != "" {
		k := queueKey{m.Host, m.Parent}
		t.waiting[k] = slices.DeleteFunc(t.waiting[k], func(w *message) bool { return w == m })
		if len(t.waiting[k]) == 0 {
			delete(t.waiting, k)
		}
	}
}

// evict leaves the messages that were quiet for longest to the caller's store.
func (t *Tracker) evict() {
	if len(t.live) <= t.opt.MaxLive || t.opt.Recall == nil {
		return
	}
	all := make([]*message, 0, len(t.live))
	for k, m := range t.live {
		if k.id == m.QueueID && m.older == nil && !m.dirty {
			all = append(all, m)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Last < all[j].Last })
	for _, m := range all[:min(len(all), len(t.live)-t.opt.MaxLive*3/4)] {
		t.forget(m)
		key := t.key(m)
		if m.Parent != "" {
			k := queueKey{m.Host, m.Parent}
			t.storedFor[k] = append(t.storedFor[k], m.QueueID)
		} else if m.MessageID != "" && m.inQueue() {
			t.storedIDs[queueKey{m.Host, m.MessageID}] = m.QueueID
		}
		for _, id := range append([]string{m.QueueID}, m.Further...) {
			k := queueKey{m.Host, id}
			t.stored[k] = append(t.stored[k], key)
		}
	}
}

// recall brings back what evict left, if there is something under this queue id.
func (t *Tracker) recall(k queueKey) {
	keys, ok := t.stored[k]
	if !ok {
		return
	}
	for _, key := range keys {
		data, ok := t.opt.Recall(key)
		if !ok {
			continue
		}
		m, err := unmarshal(data)
		if err != nil {
			continue // the store keeps it; a damaged item must not stop the log
		}
		for _, id := range append([]string{m.QueueID}, m.Further...) {
			t.unstore(queueKey{m.Host, id}, key)
		}
		if k := (queueKey{m.Host, m.MessageID}); t.storedIDs[k] == m.QueueID {
			delete(t.storedIDs, k)
		}
		t.enter(m)
	}
	delete(t.stored, k)
}

func (t *Tracker) unstore(k queueKey, key string) {
	var left []string
	for _, s := range t.stored[k] {
		if s != key {
			left = append(left, s)
		}
	}
	if left == nil {
		delete(t.stored, k)
		return
	}
	t.stored[k] = left
}
