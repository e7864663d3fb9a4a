package track

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"postvagt/agent/maillog"
)

const outageKey = "outage/"

// remembered is how long a line that says that the milter was missed may be read after a later verdict, in the time of the log.
const remembered = day

// Outage is a time in which the MTA of a host did not reach the milter: from the first line that says so to the first verdict
// after it. To is zero while there is none.
type Outage struct{ From, To time.Time }

// HostOutages are all outages of a host that begin in [Since, Until]; what was said of that time before stands no more.
type HostOutages struct {
	Host         string
	Since, Until time.Time
	All          []Outage
}

// reach is when the milter of a host was missed and when it judged, in order of time and whatever the order of the lines. Of each
// minute the first and the last stand. Its JSON is stored when its outages change: verdicts that were read since are forgotten
// by a restart, which matters only to lines of the MTA that lay further behind.
type reach struct {
	Missed []int64 `json:"m"`
	Judged []int64 `json:"j"`

	said  []interval // that Flush gave
	touch bool
}

// interval is [from, to) in microseconds; to is 0 while it lasts.
type interval struct{ from, to int64 }

// unreached notes a line that says that the MTA did not reach a milter.
func (t *Tracker) unreached(r *maillog.Record) {
	if t.opt.NoVerdicts || t.opt.OwnMilter == nil || !t.opt.OwnMilter(r.Relay) {
		return // without verdicts nothing says when it was back
	}
	h := t.reachOf(t.host(r.Host))
	h.Missed, h.touch = noted(h.Missed, r.Time.UnixMicro()), true
}

// judgedAt notes that the milter of a host judged.
func (t *Tracker) judgedAt(host string, us int64) {
	h := t.reachOf(host)
	h.Judged, h.touch = noted(h.Judged, us), true
}

func (t *Tracker) reachOf(host string) *reach {
	h := t.reached[host]
	if h == nil {
		h = &reach{}
		t.reached[host] = h
	}
	return h
}

// noted puts a time in its place.
func noted(all []int64, us int64) []int64 {
	i, known := slices.BinarySearch(all, us)
	if known {
		return all
	}
	all = slices.Insert(all, i, us)
	for k := max(1, i-1); k <= min(i+1, len(all)-2); k++ {
		if all[k-1]/minute == all[k+1]/minute {
			return slices.Delete(all, k, k+1)
		}
	}
	return all
}

func (h *reach) outages() (all []interval) {
	for _, at := range h.Missed {
		if n := len(all); n > 0 && (all[n-1].to == 0 || at < all[n-1].to) {
			continue
		}
		out := interval{from: at}
		if i, _ := slices.BinarySearch(h.Judged, at+1); i < len(h.Judged) {
			out.to = h.Judged[i]
		}
		all = append(all, out)
	}
	return all
}

// forget drops what is too old to change an outage that is still told.
func (h *reach) forget() {
	newest := int64(0)
	for _, all := range [][]int64{h.Missed, h.Judged} {
		if len(all) > 0 {
			newest = max(newest, all[len(all)-1])
		}
	}
	old := newest - remembered
	var begins []int64
	for _, o := range h.outages() {
		if o.to == 0 || o.to >= old {
			begins = append(begins, o.from)
		}
	}
	h.Judged = slices.DeleteFunc(h.Judged, func(at int64) bool { return at < old })
	h.Missed = slices.DeleteFunc(h.Missed, func(at int64) bool { return at < old && !slices.Contains(begins, at) })
}

// flushOutages adds the outages that changed since the last Flush.
func (t *Tracker) flushOutages(c *Changes) error {
	for host, h := range t.reached {
		if !h.touch {
			continue
		}
		h.touch = false
		all := h.outages()
		changed := len(h.Missed) > 0 && !slices.Equal(all, h.said)
		if changed {
			of := HostOutages{Host: host, Since: fromMicro(h.Missed[0]), Until: fromMicro(h.Missed[len(h.Missed)-1])}
			for _, o := range all {
				of.All = append(of.All, Outage{fromMicro(o.from), fromMicro(o.to)})
			}
			c.Outages = append(c.Outages, of)
		}
		h.forget()
		h.said = h.outages()
		if !changed {
			continue
		}
		data, err := json.Marshal(h)
		if err != nil {
			return fmt.Errorf("outages of %s: %w", host, err)
		}
		c.Put = append(c.Put, Item{Key: t.opt.Prefix + outageKey + host, Data: data})
	}
	return nil
}
