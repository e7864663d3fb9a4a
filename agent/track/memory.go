package track

import (
	"hash/maphash"
	"slices"
	"sort"
	"strings"
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
		key, at := t.key(m), t.outside.hash(queueKey{m.Host, m.QueueID})
		if m.Parent != "" {
			k := queueKey{m.Host, m.Parent}
			t.storedFor[k] = append(t.storedFor[k], m.QueueID)
		} else if m.MessageID != "" && m.inQueue() {
			t.outside.ids[t.outside.hash(queueKey{m.Host, m.MessageID})] = at
		}
		t.outside.add(at, key)
		for _, id := range m.Further {
			t.outside.add(t.outside.hash(queueKey{m.Host, id}), key)
		}
	}
}

// outside knows of the messages that evict left to the store by which key each is found. There may be very many, so names are
// hashes: two with the same hash are both brought back when one is asked for, which changes nothing.
type outside struct {
	seed maphash.Seed
	keys map[uint64]string // by host and queue id: the keys of items, one a line
	ids  map[uint64]uint64 // by host and message-id: what keys has the last message by that may come back
}

func newOutside() outside {
	return outside{maphash.MakeSeed(), map[uint64]string{}, map[uint64]uint64{}}
}

func (o *outside) hash(k queueKey) uint64 { return maphash.Comparable(o.seed, k) }

func (o *outside) add(at uint64, key string) {
	if had, ok := o.keys[at]; ok {
		key = had + "\n" + key
	}
	o.keys[at] = key
}

func (o *outside) remove(at uint64, key string) {
	keys := slices.DeleteFunc(strings.Split(o.keys[at], "\n"), func(k string) bool { return k == key })
	if len(keys) == 0 {
		delete(o.keys, at)
		return
	}
	o.keys[at] = strings.Join(keys, "\n")
}

// recall brings back what evict left, if there is something under this queue id.
func (t *Tracker) recall(k queueKey) {
	if len(t.outside.keys) > 0 {
		t.recallAt(t.outside.hash(k))
	}
}

func (t *Tracker) recallAt(at uint64) {
	keys, ok := t.outside.keys[at]
	if !ok {
		return
	}
	for key := range strings.SplitSeq(keys, "\n") {
		data, ok := t.opt.Recall(key)
		if !ok {
			continue
		}
		m, err := unmarshal(data)
		if err != nil {
			continue // the store keeps it; a damaged item must not stop the log
		}
		own := t.outside.hash(queueKey{m.Host, m.QueueID})
		t.outside.remove(own, key)
		for _, id := range m.Further {
			t.outside.remove(t.outside.hash(queueKey{m.Host, id}), key)
		}
		if id := t.outside.hash(queueKey{m.Host, m.MessageID}); t.outside.ids[id] == own {
			delete(t.outside.ids, id)
		}
		t.enter(m)
	}
	delete(t.outside.keys, at)
}
