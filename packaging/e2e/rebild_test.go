package e2e

import (
	"fmt"
	"mime"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// What happened at Rebild (Datatilsynet 2013-313-0252), all the way through: a citizen objects to open mail; the same office
// writes to her again from an employee's own mailbox, another office does, and a third writes about her to somebody
// else. All of it is held, each sender is told what to do, and the officer is told once: after objection, repeated, three
// departments.
func TestRebild(t *testing.T) {
	h := newBareHouse(t)
	h.configureRebild()
	citizen := "anna@plain.example"
	h.program("010180-1234\n", "postvagt-agent", "objections", "add", "--address", citizen, "--number", "dk-cpr", "--source", "letter", "--config", h.agentConfig)
	h.startRebild()

	h.sendAs("kari.holm", citizen)
	h.sendAs("bo", citizen)
	h.sendAs("mette", "doctor@login.example")
	for _, to := range []string{citizen, "doctor@login.example"} {
		h.queued("hold", to)
	}
	if err := kit.Wait(t.Context(), "three mails held after an objection", time.Minute, func() (bool, error) {
		got, err := h.count(t.Context(), "outcome", "after_objection")
		return got["held true"] == 3, err
	}); err != nil {
		t.Error(err)
	}

	for _, sender := range []string{"kari.holm", "bo", "mette"} {
		notice := h.received(sender+"@"+house, "Din mail er tilbageholdt")
		for _, want := range []string{"Auto-Submitted: auto-generated", "Return-Path: <>", "helbred", "Digital Post"} {
			if !strings.Contains(notice, want) {
				t.Errorf("the notice to %s lacks %q:\n%s", sender, want, notice)
			}
		}
		if strings.Contains(notice, "plain.example") || strings.Contains(notice, "010180") || strings.Contains(notice, "Din sag") {
			t.Errorf("the notice to %s repeats what must not be repeated", sender)
		}
	}

	if err := h.agent.Signal(syscall.SIGHUP); err != nil { // it looks at once, and not in five minutes
		t.Fatal(err)
	}
	alert := h.received("officer@"+house, "Åben mail: efter indsigelse, gentaget, tre afdelinger")
	if strings.Contains(alert, "plain.example") || strings.Contains(alert, "kari") || !strings.Contains(alert, "3 blev holdt tilbage") {
		t.Errorf("the alert names somebody, or does not say that they were held:\n%s", alert)
	}
	if err := h.agent.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	h.sendAs("bo", "anna+sag@plain.example")
	h.received("bo@"+house, "Din mail er tilbageholdt") // the agent went on, and has looked again
	if n := strings.Count(h.mailbox(), "gentaget,_tre_afdelinger"); n != 1 {
		t.Errorf("the officer was told of the same %d times\n%s", n, h.mailbox())
	}
}

// configureRebild writes the configuration of both programs, with departments.
func (h *agentHouse) configureRebild() {
	h.t.Helper()
	path := func(name string) string { return filepath.Join(h.dir, name) }
	port, err := kit.FreePort("127.0.0.1")
	if err != nil {
		h.t.Fatal(err)
	}
	for name, text := range map[string]string{
		"mask.key":        "a key of both programs",
		"departments.csv": "match,department\nkari.holm@" + house + ",Jobcenter\nbo@" + house + ",Borgerservice\nmette@" + house + ",Familie\n",
		"milter.toml": strings.NewReplacer("departments = \"\"", fmt.Sprintf("departments = %q", path("departments.csv")), "mask_key = \"\"", fmt.Sprintf("mask_key = %q", path("mask.key")),
			"objections = \"\"", fmt.Sprintf("objections = %q", path("objections.csv"))).Replace(milterConfig("unix:"+path("milter.sock"), h.dir, "socket_mode = \"0666\"\nsocket_group = \"\"\n[policy]\nmode = \"enforce\"\n")),
		"agent.toml": fmt.Sprintf("[organisation]\ndomains = [%q]\n[log]\nfiles = [%q]\nverdicts = [%q]\ndecisions = \"\"\n[store]\npath = %q\n[mail]\nserver = %q\n[alerts]\nofficers = [%q]\n"+
			"[agent]\ndepartments = %q\nsecure_mailboxes = \"\"\nmask_key = %q\nobjections = %q\npseudonym_key = %q\n[dashboard]\nlisten = \"127.0.0.1:%d\"\n",
			house, h.Log(), h.verdicts, h.database, h.Addr(submit), "officer@"+house, path("departments.csv"), path("mask.key"), path("objections.csv"), path("pseudonym.key"), port),
	} {
		if err := os.WriteFile(path(name), []byte(text), 0o644); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *agentHouse) startRebild() {
	h.t.Helper()
	start := func(name, verb string) *kit.Program {
		p, err := kit.StartProgram(filepath.Join(h.dir, name+".err"), filepath.Join(h.bin, "postvagt-"+name), verb, "--config", filepath.Join(h.dir, name+".toml"))
		if err != nil {
			h.t.Fatal(err)
		}
		h.t.Cleanup(func() { p.Stop() })
		return p
	}
	milter := start("milter", "serve")
	if err := milter.Ready(h.t.Context(), "the milter", 30*time.Second, func() (bool, error) {
		return kit.WaitListening(h.t.Context(), "unix", filepath.Join(h.dir, "milter.sock"), time.Second) == nil, nil
	}); err != nil {
		h.t.Fatal(err)
	}
	h.agent = start("agent", "run")
	if err := h.agent.Ready(h.t.Context(), "the agent", 30*time.Second, func() (bool, error) {
		_, err := h.count(h.t.Context(), "outcome")
		return err == nil, nil
	}); err != nil {
		h.t.Fatal(err)
	}
}

// program runs one of our programs to its end.
func (h *agentHouse) program(in, name string, args ...string) {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), filepath.Join(h.bin, name), args...)
	cmd.Stdin = strings.NewReader(in)
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// sendAs sends the secret mail as an employee who has logged in.
func (h *agentHouse) sendAs(who, to string) {
	h.t.Helper()
	env := kit.Envelope{From: who + "@" + house, To: []string{to}, XCLIENT: "ADDR=192.0.2.9 NAME=pc.example LOGIN=" + who}
	if r, err := kit.Send(h.t.Context(), h.Addr(byLogin), env, []byte(secretMail)); err != nil || r.Code != 250 {
		h.t.Fatalf("reply %d %s, %v", r.Code, r.Text, err)
	}
}

// received waits for a mail in the house's one mailbox, and returns it.
func (h *agentHouse) received(to, subject string) (mail string) {
	h.t.Helper()
	if err := kit.Wait(h.t.Context(), fmt.Sprintf("a mail to %s: %s", to, subject), time.Minute, func() (bool, error) {
		for _, m := range strings.Split(h.mailbox(), "\nFrom ") {
			head, _, _ := strings.Cut(m, "\n\n")
			if strings.Contains(head, "\nTo: "+to+"\n") && strings.Contains(subjectOf(head), subject) {
				mail = strings.ReplaceAll(m, "=\n", "") // quoted-printable
				return true, nil
			}
		}
		return false, nil
	}); err != nil {
		h.t.Fatalf("%v\nthe mailbox:\n%s", err, h.mailbox())
	}
	return mail
}

func (h *agentHouse) mailbox() string {
	b, err := os.ReadFile(filepath.Join(h.dir, "mail", "box"))
	if err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
	return string(b)
}

// subjectOf is the decoded subject of a header.
func subjectOf(head string) string {
	_, rest, _ := strings.Cut(head, "\nSubject: ")
	var lines []string
	for i, l := range strings.Split(rest, "\n") {
		if i > 0 && !strings.HasPrefix(l, " ") && !strings.HasPrefix(l, "\t") {
			break
		}
		lines = append(lines, strings.TrimSpace(l))
	}
	s, err := new(mime.WordDecoder).DecodeHeader(strings.Join(lines, " "))
	if err != nil {
		return rest
	}
	return s
}
