package track

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/maillog"
)

// Options are what the tracker knows beside the lines. All functions must be pure.
type Options struct {
	Mask          func(address string) string // masks an address or message id by shape, before anything is kept
	Pseudonym     func(address string) string // stands for an address that is not to be read
	ReadSenders   bool                        // addresses of the house are kept readable
	Internal      func(domain string) bool
	Relays        []Relay
	ChannelRelays map[string][]string // by channel: the relays that prove its mark
	Department    func(sender string) string
	SecureMailbox func(address string, at time.Time) bool

	JoinWindow    time.Duration // how long a verdict and the MTA's lines wait for each other; 0 for an hour
	QueueLifetime time.Duration // after which no outcome is to come; 0 for five days and an hour
	TLSLogged     bool          // the client is known to log TLS, though no such line was seen yet
	MaxLive       int           // messages kept in memory after a Flush; 0 for 10,000
	Recall        func(key string) ([]byte, bool)
	Prefix        string                 // of all item keys: an import keeps its state apart
	NoVerdicts    bool                   // no source holds verdict lines: nothing waits for one
	Notices       bool                   // senders are to be told
	OwnMilter     func(name string) bool // whether it is our milter that the MTA calls so; nil for none
}

// Relay is a declared next hop.
type Relay struct {
	Host     string // "[mx.example]:587", or "example" for all hosts below it
	Enforced bool   // what lies behind it is proven to be protected as well
}

// Origin is where a line stands.
type Origin struct {
	Source string
	Pos    int64
	Text   string
}

// Item is unfinished state, to be kept until it is given to Load or Deleted.
type Item struct {
	Key  string
	Data []byte
	Due  time.Time
}

// Changes are what one transaction must store.
type Changes struct {
	Documents []event.Document
	Put       []Item
	Delete    []string
	Notices   []Notice
	Outages   []HostOutages
}

const (
	day         = int64(24 * time.Hour / time.Microsecond)
	minute      = int64(time.Minute / time.Microsecond)
	globalKey   = "tracker"
	defaultLive = 10_000
	ticked      = 5_000 // messages that one Tick has looked at, about
	lateGrace   = day   // a late verdict finds its message so long after the join window
)

type queueKey struct{ host, id string }

// Tracker joins records. It is not safe for concurrent use.
type Tracker struct {
	opt    Options
	window int64
	life   int64

	now   int64 // the time of the log, µs
	ahead int64 // a stamp over a day ahead, waiting for a second line to confirm it

	live    map[queueKey]*message
	outside outside
	dues    dues
	dirty   []*message
	clients clients
	hosts   map[string]int64        // host -> time of its first verdict
	mtas    map[string]bool         // hosts of MTAs
	reached map[string]*reach       // by host: when the milter was missed, and when it judged
	byMsgID map[queueKey]*message   // by host and message-id: the last message that may come back
	waiting map[queueKey][]*message // by host and queue id: what may be its continuation

	storedFor map[queueKey][]string // as waiting, of messages that are not in memory

	documents []event.Document // room for the next Flush
	line      []byte           // room for a line

	names map[string]string // host names, normalised
	words map[string]string // names that are on every line
}

// New returns an empty tracker.
func New(opt Options) *Tracker {
	t := &Tracker{opt: opt, window: opt.JoinWindow.Microseconds(), life: opt.QueueLifetime.Microseconds(),
		live: map[queueKey]*message{}, outside: newOutside(), hosts: map[string]int64{}, mtas: map[string]bool{}, reached: map[string]*reach{},
		byMsgID: map[queueKey]*message{}, waiting: map[queueKey][]*message{}, storedFor: map[queueKey][]string{},
		names: map[string]string{}, words: map[string]string{}}
	if t.window == 0 {
		t.window = time.Hour.Microseconds()
	}
	if t.life == 0 {
		t.life = (5*24*time.Hour + time.Hour).Microseconds()
	}
	if t.opt.MaxLive == 0 {
		t.opt.MaxLive = defaultLive
	}
	t.clients.init(opt.TLSLogged)
	return t
}

// Now is the time of the log.
func (t *Tracker) Now() time.Time { return fromMicro(t.now) }

// Unfinished is the number of messages in memory and of those kept outside.
func (t *Tracker) Unfinished() (live, outside int) { return len(t.live), len(t.outside.keys) }

// Changed is the number of messages that the next Flush is about.
func (t *Tracker) Changed() int { return len(t.dirty) }

// Add takes one record into account.
func (t *Tracker) Add(r *maillog.Record, at Origin) {
	if !r.Time.IsZero() {
		t.advance(r.Time.UnixMicro())
	}
	switch r.Kind {
	case maillog.TLS:
		t.clients.tls(t.host(r.Host), r, t.markOf(at))
	case maillog.Verdict:
		t.verdict(r, at)
	case maillog.SelfTest:
		t.selfTest(r)
	case maillog.Unreached:
		t.unreached(r)
	case maillog.Born, maillog.MessageID, maillog.Queued, maillog.Delivery, maillog.Hold, maillog.Release, maillog.Reject,
		maillog.Discard, maillog.Expire, maillog.Requeue, maillog.Remove, maillog.Notification:
		t.message(r, at)
	}
}

// Tick moves the time of the log on; the caller knows that no line before now is to come. Where more is due than one Flush should
// hold, there is more: the caller flushes and ticks again to the same time, before it adds anything.
func (t *Tracker) Tick(now time.Time) (more bool) {
	if us := now.UnixMicro(); us >= t.now {
		t.now = us
		t.expire(ticked)
	}
	return t.dues.over(t.now)
}

// advance follows the stamps. One stamp that is far ahead of all others is not believed before a second one.
func (t *Tracker) advance(us int64) {
	switch {
	case us <= t.now:
		return
	case t.now != 0 && us > t.now+day:
		if t.ahead == 0 || us < t.ahead-day || us > t.ahead+day {
			t.ahead = us
			return
		}
	}
	t.ahead = 0
	before := t.now
	t.now = us
	if before/minute != us/minute {
		t.expire(math.MaxInt)
	}
}

// host is the short name in lower case, as both the MTA and the milter may know it by the long one.
func (t *Tracker) host(name string) string {
	if h, ok := t.names[name]; ok {
		return h
	}
	h := strings.ToLower(name)
	if i := strings.IndexByte(h, '.'); i > 0 && strings.Trim(h, "0123456789.") != "" {
		h = h[:i]
	}
	h = strings.Clone(h)
	if len(t.names) < 10_000 {
		t.names[strings.Clone(name)] = h
	}
	return h
}

func (t *Tracker) markOf(at Origin) mark {
	if at.Text == "" {
		return mark{Source: at.Source, Pos: at.Pos}
	}
	t.line = append(t.line[:0], at.Text...)
	sum := sha256.Sum256(t.line)
	return mark{Source: at.Source, Pos: at.Pos, Hash: binary.BigEndian.Uint64(sum[:8])}
}

// key is the key of a message's item.
func (t *Tracker) key(m *message) string {
	return t.opt.Prefix + "m/" + m.Host + "/" + m.QueueID + "/" + strconv.FormatInt(m.Created, 36)
}

func (t *Tracker) touch(m *message) {
	m.news = true
	t.look(m)
}

// look has a message looked at by the next Flush. Without news its rows are what they were, but that a host with a milter may
// have left it without a verdict.
func (t *Tracker) look(m *message) {
	if !m.dirty {
		m.dirty = true
		t.dirty = append(t.dirty, m)
	}
}

// Flush returns what changed since the last Flush. The caller must store all of it or stop; the documents stand until the next
// Flush.
func (t *Tracker) Flush() (Changes, error) {
	var c Changes
	rows := 0
	for _, m := range t.dirty {
		rows += max(len(m.Rcpts), m.NRcpt)
	}
	c.Documents = slices.Grow(t.documents[:0], rows)
	for _, m := range t.dirty {
		m.dirty = false
		if m.into != nil {
			c.Delete = t.drop(c.Delete, m)
			continue
		}
		if m.news || m.Birth == 0 || t.hosts[m.Host] != 0 {
			c.Documents = t.opt.documents(c.Documents, m, t.hosts[m.Host])
			m.news = false
		}
		c.Notices = t.opt.notices(c.Notices, m)
		if m.done || t.finished(m) {
			t.forget(m)
			c.Delete = t.drop(c.Delete, m)
			continue
		}
		data, err := m.marshal()
		if err != nil {
			return c, fmt.Errorf("unfinished message %s: %w", m.QueueID, err)
		}
		m.kept = true
		c.Put = append(c.Put, Item{Key: t.key(m), Data: data, Due: fromMicro(t.due(m))})
	}
	t.documents = c.Documents
	t.dirty = t.dirty[:0]
	t.evict()
	data, err := json.Marshal(t.global())
	if err != nil {
		return c, fmt.Errorf("unfinished state: %w", err)
	}
	c.Put = append(c.Put, Item{Key: t.opt.Prefix + globalKey, Data: data})
	return c, t.flushOutages(&c)
}

// drop adds the key of a message's item to keys; most messages end before they were ever stored.
func (t *Tracker) drop(keys []string, m *message) []string {
	if !m.kept {
		return keys
	}
	return append(keys, t.key(m))
}

// global is the state that is of no single message.
type global struct {
	Now     int64            `json:"now"`
	Ahead   int64            `json:"ahead,omitempty"`
	Hosts   map[string]int64 `json:"hosts"`
	MTAs    map[string]bool  `json:"mtas"`
	Clients json.RawMessage  `json:"clients"`
}

func (t *Tracker) global() global {
	return global{t.now, t.ahead, t.hosts, t.mtas, t.clients.marshal(t.now)}
}

// Load takes back what Flush gave to be kept, in the order of the keys. It is called once, before the first Add.
func (t *Tracker) Load(items iter.Seq2[Item, error]) error {
	for item, err := range items {
		if err == nil {
			err = t.load(item)
		}
		if err != nil {
			return err
		}
		if len(t.live) > 2*t.opt.MaxLive {
			t.evict()
		}
	}
	t.evict()
	return nil
}

func (t *Tracker) load(item Item) error {
	if item.Key == t.opt.Prefix+globalKey {
		var g global
		if err := json.Unmarshal(item.Data, &g); err != nil {
			return fmt.Errorf("unfinished state: %w", err)
		}
		t.now, t.ahead = g.Now, g.Ahead
		maps.Copy(t.hosts, g.Hosts)
		maps.Copy(t.mtas, g.MTAs)
		if err := t.clients.unmarshal(g.Clients); err != nil {
			return fmt.Errorf("unfinished state: %w", err)
		}
		return nil
	}
	if host, ok := strings.CutPrefix(item.Key, t.opt.Prefix+outageKey); ok {
		if err := json.Unmarshal(item.Data, t.reachOf(host)); err != nil {
			return fmt.Errorf("item %s: %w", item.Key, err)
		}
		return nil
	}
	m, err := unmarshal(item.Data)
	if err != nil {
		return fmt.Errorf("item %s: %w", item.Key, err)
	}
	t.enter(m)
	return nil
}
