package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the rows are read as an auditor reads them, with SQL

	"postvagt/packaging/e2e/kit"
)

// Messages of every fate pass real servers; every row that the agent makes of the log agrees with what the servers outside
// and the script know. POSTVAGT_MESSAGES says how many (make soak: 20,000), POSTVAGT_SEED which.
func TestTruth(t *testing.T) {
	n, seed := fromEnv("POSTVAGT_MESSAGES", 400), uint64(fromEnv("POSTVAGT_SEED", 1))
	h := newTruthHouse(t, seed)
	h.startAgentWith(`join_window = "10s"`, h.Log(), h.short.Log())
	began := time.Now()
	s := &script{h: h, random: rand.New(rand.NewPCG(seed, 1)), tag: func(i int) string { return letters(seed, i) }}
	s.send(n)
	s.settle()
	s.administer()
	s.flush()
	last := time.Now() // reports on what was expired and returned have just been sent
	if err := kit.WaitEvery(t.Context(), time.Second, "the join window, to the minute", 2*time.Minute, func() (bool, error) { return time.Since(last) > 75*time.Second, nil }); err != nil {
		t.Fatal(err)
	}
	clock := &sent{fate: one("the last", "a@plain"), tag: "last"}
	s.post(clock)
	s.all = append(s.all, clock)
	s.settle()
	t.Logf("%d messages of %d fates sent in %s", len(s.all), len(fates()), time.Since(began).Round(time.Second))
	s.compare()
}

func fromEnv(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// letters names a message; digits would be masked in addresses.
func letters(seed uint64, i int) string {
	name := ""
	for n := uint64(i) + seed*1_000_003; n > 0; n /= 26 {
		name += string(rune('a' + n%26))
	}
	return "m" + name
}

// script is what was done.
type script struct {
	h      *truthHouse
	random *rand.Rand
	tag    func(int) string
	all    []*sent
}

// sent is one message, and when which server of ours took it.
type sent struct {
	fate
	tag      string
	from, to time.Time
	reply    kit.Reply
	err      error
	queueID  string
	silent   bool // the MTA does not say of each use of a connection how it is protected
}

func (s *sent) domain(hop string) string {
	switch hop {
	case "house":
		return s.tag + "." + house
	case "lists":
		return s.tag + ".lists." + house
	case "archive":
		return "archive." + house
	}
	if strings.Contains(hop, ".") {
		return hop
	}
	return s.tag + "." + hop + ".example"
}

func (s *sent) address(to string) string {
	local, hop, _ := strings.Cut(to, "@")
	return local + "@" + s.domain(hop)
}

func (s *sent) sender() string {
	switch {
	case s.fate.from == "-":
		return ""
	case strings.Contains(s.fate.from, "@"):
		return s.address(s.fate.from)
	case s.fate.from == "":
		return s.address("kari@house")
	}
	return s.address(s.fate.from + "@house")
}

// senders is how many messages are under way at a time.
const senders = 8

// send sends n messages in an order that the seed gives, each fate at least once while the log is rotated. One by TLS goes before
// them: until the log has shown that it tells of TLS, the agent takes silence for nothing.
func (s *script) send(n int) {
	opener := &sent{fate: one("the first", "a@verified"), tag: "first"}
	s.post(opener)
	s.settle()
	defer func() { s.all = append(s.all, opener) }()
	all := fates()
	for i := range max(n, len(all)) {
		f := all[i%len(all)]
		s.all = append(s.all, &sent{fate: f, tag: s.tag(i)})
	}
	s.random.Shuffle(len(s.all), func(i, k int) { s.all[i], s.all[k] = s.all[k], s.all[i] })
	first := slices.DeleteFunc(slices.Clone(s.all), func(m *sent) bool { return m.via != "ghost" })
	s.all = append(first, slices.DeleteFunc(s.all, func(m *sent) bool { return m.via == "ghost" })...)
	s.postAll(func(i int) {
		if rotations := 4; i%(len(s.all)/rotations+1) == len(s.all)/rotations/2 {
			s.h.command("postfix", "logrotate")
		}
	})
}

// postAll posts all messages, several at a time.
func (s *script) postAll(each func(i int)) {
	work := make(chan *sent)
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for m := range work {
				s.post(m)
			}
		})
	}
	for i, m := range s.all {
		work <- m
		each(i)
	}
	close(work)
	wg.Wait()
	for _, m := range s.all {
		if m.err != nil && !m.refused {
			s.h.t.Errorf("%s: %v", m.name, m.err)
		}
	}
}

var queuedAs = regexp.MustCompile(`queued as (\w+)|(\w+) Message accepted for delivery`) // Postfix, Sendmail

func (s *script) post(m *sent) {
	m.from = time.Now()
	defer func() { m.to = time.Now() }()
	text := m.text
	if text == "" {
		text = plainMail
	}
	data := []byte(fmt.Sprintf("Message-ID: <%s@%s>\nX-Fate: %s\n%s", m.tag, house, m.header, text))
	env := kit.Envelope{From: m.sender(), XCLIENT: m.client, Notify: m.notify}
	for _, to := range m.fate.to {
		env.To = append(env.To, m.address(to))
	}
	addr := s.h.smtp
	if addr == "" {
		addr = s.h.Addr(m.service)
	}
	switch m.via {
	case "short":
		addr = s.h.short.Addr(0)
	case "ghost":
		addr = s.h.ghost.Addr(0)
	case "sendmail":
		m.err = s.write(env, data)
		return
	case "cut":
		m.err = cutOff(s.h.t.Context(), addr, env)
		return
	}
	m.reply, m.err = kit.Send(s.h.t.Context(), addr, env, data)
	if id := queuedAs.FindStringSubmatch(m.reply.Text); id != nil {
		m.queueID = id[1] + id[2]
	}
}

// write hands a message to the command sendmail.
func (s *script) write(env kit.Envelope, data []byte) error {
	cmd := exec.CommandContext(s.h.t.Context(), "/usr/sbin/sendmail", append([]string{"-C", s.h.Etc(), "-i", "-f", env.From}, env.To...)...)
	cmd.Stdin = bytes.NewReader(data)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("sendmail: %w %s", err, out)
	}
	return nil
}

// cutOff ends the connection in the middle of a message.
func cutOff(ctx context.Context, addr string, env kit.Envelope) error {
	_ = ctx
	c, err := textproto.Dial("tcp", addr)
	if err != nil {
		return err
	}
	for _, line := range []string{"", "EHLO client.example", "MAIL FROM:<" + env.From + ">", "RCPT TO:<" + env.To[0] + ">", "DATA"} {
		if line != "" {
			if err := c.PrintfLine("%s", line); err != nil {
				return err
			}
		}
		if _, _, err := c.ReadResponse(0); err != nil {
			return err
		}
	}
	return errors.Join(c.PrintfLine("Subject: half"), c.Close())
}

// settle waits until no message is on its way. A queue manager that was restarted by the rotation of its log looks for the messages
// that were then being delivered at its next queue run, minutes later; it is asked to look at once.
func (s *script) settle() {
	s.h.t.Helper()
	if err := kit.WaitEvery(s.h.t.Context(), time.Second, "empty active queues", 10*time.Minute, func() (bool, error) {
		for _, p := range []*kit.Postfix{s.h.Postfix, s.h.short, s.h.ghost} {
			all, err := p.Queue(s.h.t.Context())
			if err != nil {
				return false, err
			}
			for _, q := range all {
				if q.Queue != "hold" && q.Queue != "deferred" {
					return false, p.Command(s.h.t.Context(), "postkick", "public", "qmgr", "IA").Run()
				}
			}
			if left, err := filepath.Glob(filepath.Join(p.Dir, "spool", "maildrop", "*")); len(left) > 0 {
				return false, err
			}
		}
		return true, nil
	}); err != nil {
		s.h.t.Fatal(err)
	}
}

// byThen gives the queue ids of what the admin decides on, by the command.
func (s *script) byThen() map[string][]string {
	ids := map[string][]string{}
	for _, m := range s.all {
		if m.then != "" {
			ids[m.then] = append(ids[m.then], m.queueID)
		}
	}
	return ids
}

// administer does to the held and the deferred messages what their fates say.
func (s *script) administer() {
	ids := s.byThen()
	for _, option := range []string{"-H", "-d", "-f", "-r"} {
		cmd := s.h.Command(s.h.t.Context(), "postsuper", option, "-")
		cmd.Stdin = strings.NewReader(strings.Join(ids[option], "\n") + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			s.h.t.Fatalf("postsuper %s: %v %s", option, err, out)
		}
	}
	s.settle()
}

// flush lets the deferred messages be tried until those are gone that are taken at a second try.
func (s *script) flush() {
	if err := kit.WaitEvery(s.h.t.Context(), time.Second, "the second tries", 5*time.Minute, func() (bool, error) {
		s.h.command("postqueue", "-f")
		s.settle()
		all, err := s.h.Queue(s.h.t.Context())
		for _, q := range all {
			if q.Queue == "deferred" && again(q) {
				return false, err
			}
		}
		return err == nil, err
	}); err != nil {
		s.h.t.Fatal(err)
	}
	s.settle()
}

// again says whether a server takes a message at its next try.
func again(q kit.Queued) bool {
	for _, r := range q.Recipients {
		if strings.HasPrefix(r.Address, "wait@") || strings.HasPrefix(r.Address, "drop@") {
			return true
		}
	}
	return false
}

// stored is one row of the agent.
type stored struct {
	id, domain, outcome, transport, version, cipher, finding, direction, level string
	held, released, final                                                      bool
	at, end                                                                    time.Time
}

func (s *script) rows() (all []stored, err error) {
	db, err := sql.Open("sqlite", "file:"+s.h.database+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(s.h.t.Context(), `SELECT queue_id, to_domain, outcome, transport, tls_version, tls_cipher, finding, direction, level,
		held, released, final, time, ifnull(outcome_time, 0) FROM transmissions`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r stored
		var at, end int64
		if err := rows.Scan(&r.id, &r.domain, &r.outcome, &r.transport, &r.version, &r.cipher, &r.finding, &r.direction, &r.level, &r.held, &r.released, &r.final, &at, &end); err != nil {
			return nil, err
		}
		r.at, r.end = time.UnixMicro(at), time.UnixMicro(end)
		all = append(all, r)
	}
	return all, rows.Err()
}
