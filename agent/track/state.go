package track

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/maillog"
)

// message is one message while it may change. Its JSON is the unfinished state; times are microseconds since 1970.
type message struct {
	Host     string   `json:"h"` // short name, lower case
	FullHost string   `json:"fh,omitempty"`
	Instance string   `json:"i,omitempty"`
	QueueID  string   `json:"q"`
	Further  []string `json:"qs,omitempty"` // queue ids that it bore later
	Gone     []string `json:"g,omitempty"`  // of all these, the ones that left the queue
	Created  int64    `json:"c"`            // first line of any source: part of the item's key
	Behind   int64    `json:"bh,omitempty"` // how far Created lay behind the time of the log, after a clock was put back
	Birth    int64    `json:"b,omitempty"`  // first line of the MTA; 0 while there is none
	Last     int64    `json:"l"`

	From      string `json:"f,omitempty"`
	HasFrom   bool   `json:"hf,omitempty"`
	MessageID string `json:"m,omitempty"`
	Client    string `json:"cl,omitempty"`
	User      string `json:"u,omitempty"`
	Size      int64  `json:"s,omitempty"`
	NRcpt     int    `json:"n,omitempty"`

	OnHold    bool   `json:"oh,omitempty"`
	Held      bool   `json:"hd,omitempty"`
	Released  bool   `json:"rl,omitempty"`
	Rejected  string `json:"rj,omitempty"` // DSN, or "-" where the line has none
	Deleted   bool   `json:"dl,omitempty"`
	Expired   string `json:"ex,omitempty"` // expired or returned
	Returning bool   `json:"rt,omitempty"` // made to expire while it was held
	Awaited   bool   `json:"aw,omitempty"` // requeued, the new queue id is not yet seen
	EndTime   int64  `json:"e,omitempty"`  // of the line behind the last five
	Stray     bool   `json:"st,omitempty"` // the queue's lifetime is over
	Waited    bool   `json:"w,omitempty"`  // the join window is over
	Bounce    bool   `json:"bo,omitempty"` // a delivery report made by the MTA
	Test      bool   `json:"te,omitempty"` // the admin's test message
	Parent    string `json:"p,omitempty"`  // queue id that may be continued here; rows wait

	Told string `json:"nt,omitempty"` // of what its sender was told

	Verdicts []judgement `json:"v,omitempty"`
	Rcpts    []rcpt      `json:"r,omitempty"` // in the order of their first line
	Proof    []mark      `json:"pr,omitempty"`

	dirty bool
	kept  bool     // its item is stored
	news  bool     // its rows may have changed since the last Flush
	done  bool     // nothing more will come
	into  *message // it turned out to be part of another one
	older *message // an earlier message with the same queue id
}

// judgement is one verdict: the verdict line and its rcpt lines, in any order.
type judgement struct {
	QueueID string            `json:"q"`
	ID      string            `json:"id"`
	At      int64             `json:"t"`
	Record  *maillog.Judged   `json:"r,omitempty"`
	Count   int               `json:"n"`
	Rcpts   []judgedRecipient `json:"rc,omitempty"` // by n
	Proof   mark              `json:"pr,omitzero"`
}

type judgedRecipient struct {
	N     int               `json:"n"`
	R     maillog.Recipient `json:"r"`
	Proof mark              `json:"pr,omitzero"`
}

// unshown says that a message has no rows: it is a test message, or bears its recipient, and the milter may yet say that it is.
func (m *message) unshown() bool {
	return m.Test || !m.Waited && len(m.Verdicts) == 0 &&
		slices.ContainsFunc(m.Rcpts, func(r rcpt) bool { return strings.EqualFold(r.Orig, maillog.SelfTestTo) })
}

func (j *judgement) complete() bool { return j.Record != nil && len(j.Rcpts) >= j.Count }

// rcpt is one original recipient as the MTA knows it.
type rcpt struct {
	Orig string     `json:"o"`           // masked, as logged
	Outs []delivery `json:"d,omitempty"` // one for each address that it became
}

// delivery is the last try for one address under one queue id.
type delivery struct {
	QueueID string  `json:"q,omitempty"` // "" for the message's first
	To      string  `json:"t"`
	Status  string  `json:"s"`
	Handed  string  `json:"h,omitempty"` // queue id on this host under which it goes on, if that one is seen
	At      int64   `json:"a"`
	DSN     string  `json:"n,omitempty"`
	Relay   string  `json:"r,omitempty"`
	Via     string  `json:"v,omitempty"` // verified, encrypted, plaintext, local, unknown
	Version string  `json:"tv,omitempty"`
	Cipher  string  `json:"tc,omitempty"`
	Proof   [2]mark `json:"pr,omitzero"` // its line, and the TLS line
}

// mark points to one line.
type mark struct {
	Source string
	Pos    int64
	Hash   uint64
}

func (m mark) String() string {
	var buf [160]byte
	return string(m.append(buf[:0]))
}

func (m mark) append(b []byte) []byte {
	b = append(append(b, m.Source...), ':')
	b = append(strconv.AppendInt(b, m.Pos, 10), ':')
	var sum [8]byte
	binary.BigEndian.PutUint64(sum[:], m.Hash)
	return hex.AppendEncode(b, sum[:])
}

// MarshalText and UnmarshalText write a mark as "source:position:hash".
func (m mark) MarshalText() ([]byte, error) {
	if m == (mark{}) {
		return nil, nil
	}
	return m.append(nil), nil
}

// UnmarshalText reads what MarshalText wrote.
func (m *mark) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*m = mark{}
		return nil
	}
	s := string(b)
	h := strings.LastIndexByte(s, ':')
	if h < 0 {
		return fmt.Errorf("mark: no hash")
	}
	p := strings.LastIndexByte(s[:h], ':')
	if p < 0 {
		return fmt.Errorf("mark: no position")
	}
	pos, err := strconv.ParseInt(s[p+1:h], 10, 64)
	if err != nil {
		return fmt.Errorf("mark: position: %w", err)
	}
	sum, err := strconv.ParseUint(s[h+1:], 16, 64)
	if err != nil {
		return fmt.Errorf("mark: hash: %w", err)
	}
	*m = mark{s[:p], pos, sum}
	return nil
}

func (m *message) marshal() ([]byte, error) { return json.Marshal(m) }

func unmarshal(data []byte) (*message, error) {
	m := &message{kept: true}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("unfinished message: %w", err)
	}
	return m, nil
}

// inQueue says whether the MTA still has the message under any of its queue ids.
func (m *message) inQueue() bool {
	return m.Awaited || len(m.Gone) < 1+len(m.Further)
}

// over says that no line of the MTA about it is to come.
func (m *message) over() bool {
	return m.Birth != 0 && (!m.inQueue() || m.Rejected != "" || m.Deleted) && m.Parent == ""
}

func (m *message) gone(queueID string) {
	for _, g := range m.Gone {
		if g == queueID {
			return
		}
	}
	m.Gone = append(m.Gone, queueID)
}

func (m *message) bears(queueID string) bool {
	if m.QueueID == queueID {
		return true
	}
	for _, f := range m.Further {
		if f == queueID {
			return true
		}
	}
	return false
}

// judged is the verdict that counts: that of the first queue id, of several the latest.
func (m *message) judged() *judgement {
	var best *judgement
	for i := range m.Verdicts {
		v := &m.Verdicts[i]
		if v.Record == nil && best != nil && best.Record != nil {
			continue
		}
		if best == nil || best.Record == nil && v.Record != nil || m.laterVerdict(best, v) {
			best = v
		}
	}
	return best
}

func (m *message) laterVerdict(a, b *judgement) bool {
	if first := b.QueueID == m.QueueID; first != (a.QueueID == m.QueueID) {
		return first
	}
	if a.At != b.At {
		return b.At > a.At
	}
	return b.ID > a.ID
}

func fromMicro(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
