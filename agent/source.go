package agent

import (
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"path"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/maillog"
	"postvagt/agent/tail"
)

// reader is a source of lines: tail.File or tail.Journal.
type reader interface {
	Read() (tail.Batch, error)
	Lag() int64
	Close()
}

// source is one reader, with the parser that follows its order.
type source struct {
	name   string
	kind   string // file, verdicts, journal, import: a label of metrics
	reader reader
	parser *maillog.Parser
	milter *maillog.Parser // of the journal: for the milter's unit
	trust  *trust

	atEnd    bool
	failing  bool
	forged   bool // a line in the name of another was seen
	position []byte
}

// place is what is stored of a source: where it is, and when its last line was written, for the year of the next.
type place struct {
	Reader json.RawMessage `json:"reader"`
	Last   time.Time       `json:"last,omitzero"`
}

func (s *source) place() ([]byte, error) {
	b, err := json.Marshal(place{s.position, s.parser.Last()})
	if err != nil {
		return nil, fmt.Errorf("position of %s: %w", s.name, err)
	}
	return b, nil
}

func readPlace(name string, data []byte) (p place, err error) {
	if len(data) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("position of %s: %w", name, err)
	}
	return p, nil
}

// openFile opens a log to be followed.
func openFile(name string, stored []byte, verdicts bool, now time.Time, opt maillog.Options) (*source, []tail.EventKind, error) {
	p, err := readPlace(name, stored)
	if err != nil {
		return nil, nil, err
	}
	f, events, err := tail.Follow(name, p.Reader)
	if err != nil {
		return nil, nil, err
	}
	opt.Verdicts, opt.Reference = verdicts, reference(name, now)
	s := &source{name: name, kind: "file", reader: f, parser: maillog.New(opt, p.Last), position: p.Reader}
	if verdicts {
		s.kind = "verdicts"
	}
	return s, events, nil
}

// decisionsKind is the kind of the file in which the helper writes what was decided on held mail.
const decisionsKind = "decisions"

// reference is the time that no first line of a file is after: its last change.
func reference(name string, now time.Time) time.Time {
	if info, err := os.Stat(name); err == nil && info.Size() > 0 {
		return info.ModTime()
	}
	return now
}

func openJournal(c *Config, stored []byte, wake func(), opt maillog.Options) (*source, error) {
	p, err := readPlace(tail.JournalSource, stored)
	if err != nil {
		return nil, err
	}
	match := []string{"SYSLOG_FACILITY=2", "+", "_SYSTEMD_UNIT=" + c.Log.MilterUnit, "+", "SYSLOG_IDENTIFIER=systemd-journald"}
	j, err := tail.FollowJournal(nil, match, p.Reader, wake)
	if err != nil {
		return nil, err
	}
	own := opt
	own.Verdicts = true
	return &source{name: tail.JournalSource, kind: "journal", reader: j, parser: maillog.New(opt, p.Last), milter: maillog.New(own, p.Last),
		trust: newTrust(c), position: p.Reader}, nil
}

// parse reads one line into r; false for an entry that nobody may write.
func (s *source) parse(l tail.Line, r *maillog.Record) bool {
	e := l.Entry
	if e == nil {
		s.parser.Parse(l.Text, r)
		return true
	}
	p := s.parser
	if s.trust.isMilter(e) {
		p = s.milter
	} else if !s.trust.isMTA(e) && !isJournald(e) {
		return false
	}
	p.ParseText(e.Time, e.Host, e.Program, e.PID, l.Text, r)
	return true
}

// isJournald says whether journald wrote an entry itself; the name alone anybody can take.
func isJournald(e *tail.Entry) bool {
	return e.Program == "systemd-journald" && e.UID == 0 && (e.Unit == "" || e.Unit == "systemd-journald.service")
}

// trust says whose journal entries count. Unit and uid are journald's own word; the name of the program is the writer's. The uid
// comes with each entry from the kernel; the unit is looked up by the process, and is not there when that has ended meanwhile, as
// a child of Sendmail does after its last line. Such entries count by their uid alone.
type trust struct {
	units  []string
	milter string
	uids   map[int]bool // of the MTA
	own    int          // uid of the milter; -1 where it has no account here
}

// milterAccount is the user as whom the package's milter runs.
const milterAccount = "postvagt-milter"

func newTrust(c *Config) *trust {
	t := &trust{units: c.Log.JournalUnits, milter: c.Log.MilterUnit, uids: map[int]bool{0: true}, own: uidOf(milterAccount)}
	for _, name := range []string{"postfix", "smmsp", "smmta"} {
		if uid := uidOf(name); uid >= 0 {
			t.uids[uid] = true
		}
	}
	return t
}

// uidOf is -1 where there is no such account on this machine.
func uidOf(name string) int {
	u, err := user.Lookup(name)
	if err != nil {
		return -1
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return -1
	}
	return uid
}

// heldUnit is the helper's: it runs the MTA's own commands on held mail.
const heldUnit = "postvagt-held.service"

// byHand says whether an entry is of a command that only root can run on the queue, at a terminal and so outside of the MTA's
// units: Postfix's postsuper, which has become Postfix's user by then, and the milter's own held.
func byHand(e *tail.Entry) bool {
	return strings.HasSuffix(e.Program, "/postsuper") || e.UID == 0 && e.Program == maillog.MilterProgram
}

func (t *trust) isMilter(e *tail.Entry) bool {
	return e.Program == maillog.MilterProgram && (e.Unit == t.milter || e.Unit == "" && e.UID >= 0 && e.UID == t.own)
}

func (t *trust) isMTA(e *tail.Entry) bool {
	if !t.uids[e.UID] {
		return false
	}
	if e.Unit == "" || e.Unit == heldUnit || byHand(e) {
		return true
	}
	for _, u := range t.units {
		if ok, _ := path.Match(u, e.Unit); ok { // patterns were checked with the configuration
			return true
		}
	}
	return false
}
