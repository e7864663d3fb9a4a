package milter

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"postvagt/milter/policy"
	"postvagt/milter/program"
	"postvagt/milter/verdict"
	"postvagt/rules/detect"
)

// secretMail must not leave in the open. The number is synthetic.
const secretMail = "From: Kari Holm <kari@kommune.example>\r\nTo: Anna Jensen <anna@borger.example>\r\nSubject: Din sag\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
	"Kære Anna Jensen\r\n\r\nDu har fået diagnosen skizofreni, og dit CPR-nummer er 010180-1234.\r\n\r\nVenlig hilsen\r\nKari Holm\r\n"

const plainMail = "From: Kari Holm <kari@kommune.example>\r\nTo: Anna Jensen <anna@borger.example>\r\nSubject: Tak\r\n\r\nVi ses i morgen.\r\n"

// testConfig is a configuration in a folder of its own.
func testConfig(t testing.TB, extra string) *Config {
	t.Helper()
	dir := t.TempDir()
	cfg, err := parseConfig("test.toml", []byte(fmt.Sprintf(`
[organisation]
domains = ["kommune.example"]
[milter]
listen = "unix:%[1]s/m.sock"
socket_group = ""
metrics_listen = "127.0.0.1:0"
verdict_log = "%[1]s/verdict.log"
mail_log = false
rules_dir = ""
departments = ""
mask_key = ""
objections = "%[1]s/objections.csv"
state_dir = "%[1]s/state"
stop_timeout = "2s"
`, dir)+extra))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// testParts hold the shipped rules, compiled once; only the command may import them.
var testParts = Parts{Rules: os.DirFS("../rules"), engine: func() *detect.Engine {
	e, err := CompileRules(os.DirFS("../rules"), "")
	if err != nil {
		panic(err)
	}
	return e
}()}

type testServer struct {
	*Server
	cfg *Config
	t   testing.TB
}

func startServer(t testing.TB, extra string) *testServer {
	t.Helper()
	return startServerOf(t, testConfig(t, extra))
}

func startServerOf(t testing.TB, cfg *Config) *testServer {
	t.Helper()
	return startServerWith(t, cfg, testParts)
}

func startServerWith(t testing.TB, cfg *Config, parts Parts) *testServer {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := NewServer(cfg, Options{Parts: parts, Logger: logger, Syslog: filepath.Join(t.TempDir(), "none")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &testServer{s, cfg, t}
}

// verdicts is the verdict log without what it says of the settings in force.
func (s *testServer) verdicts() string {
	s.t.Helper()
	b, err := os.ReadFile(s.cfg.Milter.VerdictLog)
	if err != nil {
		s.t.Fatal(err)
	}
	return settingsLine.ReplaceAllString(string(b), "")
}

var settingsLine = regexp.MustCompile(`(?m)^.*: SETTINGS: .*\n`)

// mta is an MTA's side of the wire, packet by packet.
type mta struct {
	net.Conn
	t testing.TB
}

// The flags that Postfix 3.7 offers.
const (
	offerActions  = 0x1ff
	offerProtocol = 0x1fffff
)

func (s *testServer) dial() *mta {
	s.t.Helper()
	c, err := net.Dial("unix", s.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return &mta{c, s.t}
}

func (m *mta) send(code byte, data ...string) {
	m.t.Helper()
	body := strings.Join(data, "")
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)+1))
	if _, err := m.Write(append(append(b, code), body...)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mta) read() (code byte, data []byte) {
	m.t.Helper()
	var head [5]byte
	if _, err := io.ReadFull(m, head[:]); err != nil {
		m.t.Fatal(err)
	}
	data = make([]byte, binary.BigEndian.Uint32(head[:4])-1)
	if _, err := io.ReadFull(m, data); err != nil {
		m.t.Fatal(err)
	}
	return head[4], data
}

// negotiate offers flags and returns what the milter asks for.
func (m *mta) negotiate(actions, protocol uint32) (gotActions, gotProtocol uint32) {
	m.t.Helper()
	b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 6), actions), protocol)
	m.send('O', string(b))
	code, data := m.read()
	if code != 'O' || len(data) < 12 {
		m.t.Fatalf("answer %c to the offer", code)
	}
	return binary.BigEndian.Uint32(data[4:]), binary.BigEndian.Uint32(data[8:])
}

// answers reads packets until the final one of a message.
func (m *mta) answers() string {
	m.t.Helper()
	var codes []byte
	for {
		code, _ := m.read()
		codes = append(codes, code)
		if strings.ContainsRune("acdrty", rune(code)) {
			return string(codes)
		}
	}
}

// message sends one message; replies says that each command gets one.
func (m *mta) message(text string, replies bool) {
	m.t.Helper()
	step := func(code byte, data ...string) {
		m.t.Helper()
		m.send(code, data...)
		if replies {
			if c, _ := m.read(); c != 'c' {
				m.t.Fatalf("answer %c to %c", c, code)
			}
		}
	}
	m.send('D', "M", "i\x004bXyQ12abc\x00")
	step('M', "<kari@kommune.example>\x00")
	step('R', "<anna@borger.example>\x00")
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	for _, line := range strings.Split(head, "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		step('L', name, "\x00", value, "\x00")
	}
	step('N')
	step('B', body)
	m.send('E')
}

func (m *mta) connect(replies bool) {
	m.t.Helper()
	m.send('C', "localhost\x004", "\x00\x19", "127.0.0.1\x00")
	if replies {
		m.read()
	}
	m.send('H', "client.example\x00")
	if replies {
		m.read()
	}
}

// Under no-reply flags nothing leaves before the end of the message: a stale reply would be taken for the
// answer to it, and held mail be delivered.
func TestNoStaleReplies(t *testing.T) {
	s := startServer(t, "[policy]\nmode = \"enforce\"\n")
	m := s.dial()
	if _, p := m.negotiate(offerActions, offerProtocol); p&uint32(gomilter.OptNoBodyReply|gomilter.OptNoMailReply) == 0 {
		t.Fatalf("no-reply flags were offered and not taken: %#x", p)
	}
	m.connect(false)
	for i := range 50 {
		text, want := secretMail, "qc"
		if i%2 == 1 {
			text, want = plainMail, "c"
		}
		m.message(text, false)
		if got := m.answers(); got != want {
			t.Fatalf("message %d: answers %q, want %q", i, got, want)
		}
		if i%3 == 0 {
			m.send('A')
		}
	}
	m.silent()
}

// The queue id is that of the end of the message, where the MTA sends the macros that it was asked for; else whichever came.
func TestQueueIDComesWithTheEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		actions uint32
		stages  string
		want    string
	}{
		"asked for":              {offerActions, "LNBE", "idOfE"},
		"asked for, at MAIL":     {offerActions, "M", "idOfM"},
		"by its own mind":        {offerActions &^ uint32(gomilter.OptSetSymList), "LN", "idOfN"},
		"by its own, at a field": {offerActions &^ uint32(gomilter.OptSetSymList), "L", "idOfL"},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, "")
			m := s.dial()
			m.negotiate(tt.actions, offerProtocol)
			m.connect(false)
			for _, step := range []string{"M<kari@kommune.example>\x00", "R<anna@borger.example>\x00", "LSubject\x00Tak\x00", "LX-Long\x00" + strings.Repeat("x", 30_000) + "\x00",
				"N", "BHej\r\n", "E"} {
				if strings.Contains(tt.stages, step[:1]) {
					m.send('D', step[:1], "i\x00idOf"+step[:1]+"\x00")
				}
				m.send(step[0], step[1:])
			}
			if got := m.answers(); got != "c" {
				t.Fatal(got)
			}
			if lines := s.verdicts(); !strings.Contains(lines, "]: "+tt.want+": verdict ") {
				t.Error(lines)
			}
		})
	}
}

// silent sees to it that nothing more has been sent.
func (m *mta) silent() {
	m.t.Helper()
	m.send('Q')
	if rest, err := io.ReadAll(m.Conn); err != nil || len(rest) > 0 {
		m.t.Errorf("%d bytes too many, error %v", len(rest), err)
	}
}

func TestRepliesWhereNoneMayBeLeftOut(t *testing.T) {
	for name, protocol := range map[string]uint32{"version 2": 0x7f, "nothing": 0} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, "[policy]\nmode = \"enforce\"\n")
			m := s.dial()
			if _, p := m.negotiate(0x3f, protocol); p&^protocol != 0 {
				t.Fatalf("asks for %#x, offered %#x", p, protocol)
			}
			m.connect(true)
			for range 3 {
				m.message(secretMail, true)
				if got := m.answers(); got != "qc" {
					t.Errorf("answers %q", got)
				}
			}
			m.silent()
		})
	}
}

// An MTA that could not hold must not believe that we do.
func TestMissingActionsAreRefused(t *testing.T) {
	s := startServer(t, "")
	m := s.dial()
	b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 6), 0x1f), offerProtocol)
	m.send('O', string(b))
	if rest, _ := io.ReadAll(m.Conn); len(rest) > 0 {
		t.Error("answered an MTA that does not allow quarantine")
	}
}

// Whatever one connection sends, the others are served.
func TestHostilePackets(t *testing.T) {
	s := startServer(t, "[policy]\nmode = \"enforce\"\n")
	for name, packets := range map[string]string{
		"nothing":              "",
		"zero length":          "\x00\x00\x00\x00",
		"huge length":          "\xff\xff\xff\xffL",
		"HTTP":                 "GET / HTTP/1.1\r\n\r\n",
		"after offer: zero":    "O\x00\x00\x00\x00",
		"after offer: huge":    "O\x7f\xff\xff\xffB",
		"after offer: unknown": "O\x00\x00\x00\x01?",
		"after offer: connect": "O\x00\x00\x00\x02C4",
		"after offer: macro":   "O\x00\x00\x00\x01D",
		"after offer: end":     "O\x00\x00\x00\x01E",
		"after offer: body":    "O\x00\x00\x00\x02Bx\x00\x00\x00\x01E",
		"after offer: headers": "O\x00\x00\x00\x01N\x00\x00\x00\x01N\x00\x00\x00\x01E",
		"after offer: cut off": "O\x00\x00\x00\x09Ba",
	} {
		m := s.dial()
		if rest, ok := strings.CutPrefix(packets, "O"); ok {
			m.negotiate(offerActions, offerProtocol)
			packets = rest
		}
		if _, err := m.Write([]byte(packets)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		m.Conn.(*net.UnixConn).CloseWrite()
		if _, err := io.ReadAll(m.Conn); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: the connection stays open: %v", name, err)
		}
	}
	m := s.dial()
	m.negotiate(offerActions, offerProtocol)
	m.connect(false)
	m.send('L', "Bad\x00one\x00two\x00three\x00") // neither library nor MTA knows such a field: no reply may leave
	m.message(secretMail, false)
	if got := m.answers(); got != "qc" {
		t.Errorf("answers %q after all that", got)
	}
	m.silent()
}

// The library's own client sees what an MTA would do, through replies.
func TestSelfTest(t *testing.T) {
	for mode, want := range map[string]string{"observe": "in mode observe it gets pass, in mode enforce hold", "tag": "in mode tag it gets tag", "enforce": "gets hold"} {
		s := startServer(t, "[policy]\nmode = \""+mode+"\"\n")
		said, err := SelfTest(t.Context(), s.cfg, testParts)
		if err != nil || !strings.Contains(said, want) {
			t.Errorf("%s: %q, %v", mode, said, err)
		}
		_, line, _ := strings.Cut(strings.TrimSpace(s.verdicts()), "]: ")
		l, err := verdict.Parse(line)
		if err != nil || l.SelfTest == nil || !l.SelfTest.Stopped() || l.SelfTest.Wanted != verdict.Hold || !strings.Contains(want, l.SelfTest.Action) {
			t.Errorf("%s: left %q, %v: no mail was sent, and the answer is to be told", mode, line, err)
		}
	}
	s := startServer(t, "[policy]\nmode = \"enforce\"\n[[policy.line]]\nname = \"all\"\naction = \"pass\"\n")
	if _, err := SelfTest(t.Context(), s.cfg, testParts); err == nil || !strings.Contains(err.Error(), `policy line "all"`) {
		t.Errorf("a policy that lets all pass: %v", err)
	}
	cfg := testConfig(t, "")
	if _, err := SelfTest(t.Context(), cfg, testParts); err == nil || !strings.Contains(err.Error(), "the daemon at unix:") {
		t.Errorf("no daemon: %v", err)
	}
}

// Somebody who only looks whether we are here is no fault.
func TestProbeIsNoFault(t *testing.T) {
	s := startServer(t, "")
	for range 3 {
		s.dial().Close()
	}
	m := s.dial()
	m.send('X') // no negotiation
	m.Conn.(*net.UnixConn).CloseWrite()
	io.ReadAll(m.Conn)
	resp, err := http.Get("http://" + s.MetricsAddr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Contains(b, []byte("postvagt_milter_refused_connections_total 1\n")) {
		t.Errorf("probes are counted as refused connections, or a stranger is not: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	s := startServer(t, "[policy]\nmode = \"enforce\"\n")
	m := s.dial()
	m.negotiate(offerActions, offerProtocol)
	m.connect(false)
	m.message(secretMail, false)
	m.answers()
	resp, err := http.Get("http://" + s.MetricsAddr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`postvagt_milter_messages_total{action="hold",direction="outbound",level="sensitive"} 1`, "postvagt_milter_sessions 1",
		"postvagt_milter_verdict_lines_lost_total 0"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
	if bytes.Contains(b, []byte("example")) {
		t.Error("an address stands in the metrics")
	}
}

func TestStopWaitsNoLongerThanItSays(t *testing.T) {
	cfg := testConfig(t, "")
	cfg.Milter.StopTimeout = program.Duration(10 * time.Millisecond)
	s, err := NewServer(cfg, Options{Parts: testParts, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	m := (&testServer{s, cfg, t}).dial()
	m.negotiate(offerActions, offerProtocol)
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("an idle session keeps the daemon from stopping")
	}
	if _, err := os.Stat(s.Addr().String()); err == nil {
		t.Error("the socket file is left behind")
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x02Bx\x00\x00\x00\x01E"))
	f.Add([]byte("\x00\x00\x00\x06M<a>\x00\x00\x00\x00\x00\x05La\x00b\x00\x00\x00\x00\x01E"))
	cfg := DefaultConfig()
	dir := f.TempDir()
	cfg.Organisation.Domains = []string{"kommune.example"}
	m := &cfg.Milter
	m.Listen, m.SocketGroup, m.MetricsListen, m.MailLog = "unix:"+dir+"/m.sock", "", "", false
	m.VerdictLog, m.RulesDir, m.Departments, m.MaskKey, m.Objections = dir+"/verdict.log", "", "", "", ""
	m.StateDir = dir
	s, err := NewServer(cfg, Options{Parts: testParts, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		f.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	f.Cleanup(func() { stop(); <-done })
	f.Fuzz(func(t *testing.T, data []byte) {
		m := (&testServer{s, cfg, t}).dial()
		m.negotiate(offerActions, offerProtocol)
		m.Write(data)
		m.Conn.(*net.UnixConn).CloseWrite()
		if _, err := io.ReadAll(m.Conn); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("the connection stays open: %v", err)
		}
	})
}

// The log says what is in force from the start on, after each reload and with each self-test; the same settings have the same
// fingerprints, and what decides otherwise has others.
func TestSettingsAreLogged(t *testing.T) {
	s := startServer(t, "[policy]\nmode = \"observe\"\n")
	own := t.TempDir()
	if err := os.WriteFile(filepath.Join(own, "own.toml"), []byte("[[rule]]\nid = \"own\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, extra := range []string{"[policy]\nmode = \"enforce\"\nreject_text = \"no\"\n", "[policy]\nmode = \"enforce\"\n[[policy.line]]\nname = \"all\"\naction = \"pass\"\n"} {
		if _, err := s.Reload(testConfig(t, extra), testParts); err != nil {
			t.Fatal(err)
		}
	}
	cfg := testConfig(t, "[policy]\nmode = \"enforce\"\n[[policy.line]]\nname = \"all\"\naction = \"pass\"\n")
	cfg.Milter.RulesDir = own
	if _, err := s.Reload(cfg, testParts); err != nil { // the engine of the test is compiled already
		t.Fatal(err)
	}
	b, err := os.ReadFile(s.cfg.Milter.VerdictLog)
	if err != nil {
		t.Fatal(err)
	}
	var said []verdict.Settings
	lines := map[string][]verdict.PolicyLine{}
	for line := range strings.Lines(string(b)) {
		_, text, _ := strings.Cut(strings.TrimSpace(line), "]: ")
		l, err := verdict.Parse(text)
		switch {
		case err != nil || l.Settings == nil && l.Policy == nil:
			t.Fatalf("%s: %v", line, err)
		case l.Settings != nil:
			said = append(said, *l.Settings)
		default:
			lines[l.Policy.Policy] = append(lines[l.Policy.Policy], l.Policy.Line)
		}
	}
	if len(said) != 4 {
		t.Fatalf("%d lines of settings, want 4:\n%s", len(said), b)
	}
	start, enforced, all, ruled := said[0], said[1], said[2], said[3]
	if start.Mode != "observe" || enforced.Mode != "enforce" || start.Policy != enforced.Policy || start.Rules != enforced.Rules {
		t.Errorf("only the mode differs: %+v, %+v", start, enforced)
	}
	if all.Policy == enforced.Policy || all.Rules != enforced.Rules {
		t.Errorf("only the policy differs: %+v, %+v", enforced, all)
	}
	if len(start.Table) != len(policy.Default()) || slices.ContainsFunc(start.Table, func(l verdict.PolicyLine) bool { return l.Own }) {
		t.Errorf("the shipped table is told as %+v", start.Table)
	}
	if n := len(policy.Default()); len(lines[start.Policy]) != 2*n || !slices.Equal(lines[start.Policy][0].When[0].Values, []string{"outbound"}) {
		t.Errorf("the shipped table is told in %d lines, twice %d are wanted", len(lines[start.Policy]), n)
	}
	if len(all.Table) != 1 || all.Table[0].String() != "*all:pass" {
		t.Errorf("a table of one line is told as %+v", all.Table)
	}
	if ruled.Policy != all.Policy || ruled.Rules == all.Rules {
		t.Errorf("only the rules differ: %+v, %+v", all, ruled)
	}
}
