package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"time"

	"postvagt/agent/login"
)

// The protocol of the privileged helper is written down with it (milter/held); its golden conversations are read by the
// tests of both sides.

// heldMessage is a message in the hold queue as the helper lists it.
type heldMessage struct {
	ID         string     `json:"id"`
	Arrival    time.Time  `json:"arrival"`
	Size       int64      `json:"size"`
	Judged     bool       `json:"judged"`
	Verdict    string     `json:"verdict"`
	Level      string     `json:"level"`
	Kinds      []string   `json:"kinds"`
	Rules      []heldRule `json:"rules"`
	Why        string     `json:"why"`
	Direction  string     `json:"direction"`
	Department string     `json:"department"`
	Waiting    int64      `json:"waiting"` // seconds
	Escalated  bool       `json:"escalated"`
	ReturnAt   *time.Time `json:"return_at,omitempty"`
	Actions    []string   `json:"actions"`
	FourEyes   bool       `json:"four_eyes"`
	Asked      *heldAsked `json:"asked,omitempty"`
	Own        bool       `json:"own,omitempty"` // of the actor who asked
}

type heldRule struct {
	Rule  string   `json:"rule"`
	Count int      `json:"count"`
	Parts []string `json:"parts"`
}

// heldAsked is what the first of two has asked for.
type heldAsked struct {
	Op     string    `json:"op"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// heldRequest is one line to the helper.
type heldRequest struct {
	V       int        `json:"v"`
	Op      string     `json:"op"`
	ID      string     `json:"id,omitempty"`
	Arrival *time.Time `json:"arrival,omitempty"`
	Actor   *heldActor `json:"actor,omitempty"`
	Reason  string     `json:"reason,omitempty"`
	Note    string     `json:"note,omitempty"`
	Body    bool       `json:"body,omitempty"` // show: with what comes after the header
}

type heldActor struct {
	Name      string   `json:"name"`
	Addresses []string `json:"addresses"`
}

// heldAnswer is one line from it.
type heldAnswer struct {
	V        int          `json:"v"`
	Message  *heldMessage `json:"message"`
	OK       *bool        `json:"ok"`
	Count    int          `json:"count"`
	State    string       `json:"state"`
	Decision string       `json:"decision"`
	Code     string       `json:"code"`
	Error    string       `json:"error"`
	Words    []heldWords  `json:"words"`
	Content  []byte       `json:"content"` // show
	Cut      bool         `json:"cut"`     // show: the message is longer
}

// heldWords are what an authority said about consent.
type heldWords struct {
	Source string `json:"source"`
	Lang   string `json:"lang"`
	Text   string `json:"text"`
}

// heldRefusal is what the helper would not do, and why.
type heldRefusal struct{ answer heldAnswer }

func (r heldRefusal) Error() string { return "held mail: " + r.answer.Code + ": " + r.answer.Error }

// errNoHelper says that the helper does not answer.
var errNoHelper = errors.New("the helper for held mail does not answer")

// heldLine is the longest line of an answer: 1 MiB of content, in base64.
const heldLine = 2 << 20

const heldLimit = 30 * time.Second // the MTA's commands take their time

// askHelper sends one request and returns the messages and the last line.
func (s *site) askHelper(ctx context.Context, req heldRequest) ([]heldMessage, heldAnswer, error) {
	return askHelper(ctx, s.Held, req)
}

func askHelper(ctx context.Context, socket string, req heldRequest) ([]heldMessage, heldAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, heldLimit)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, heldAnswer{}, fmt.Errorf("%w: %w", errNoHelper, err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(heldLimit)); err != nil {
		return nil, heldAnswer{}, err
	}
	return converse(conn, req)
}

// SenderPage is the page below site where a user decides on held mail of their own, "" where that is not theirs to do; verdict is the
// id of the mail's. listed says whether the helper that listens on socket has the mail. Nothing of the mail stands in the address.
func SenderPage(ctx context.Context, socket, site string, u login.User, verdict string) (page string, listed bool, err error) {
	all, _, err := askHelper(ctx, socket, heldRequest{Op: "list", Actor: &heldActor{u.Name, u.Addresses}})
	if err != nil {
		return "", false, err
	}
	i := slices.IndexFunc(all, func(m heldMessage) bool { return m.Judged && m.Verdict == verdict })
	if i < 0 {
		return "", false, nil
	}
	if m := all[i]; !m.Own || len(m.Actions) == 0 || !u.Is(login.Sender) {
		return "", true, nil
	}
	address, err := url.Parse(site)
	if err != nil {
		return "", true, err
	}
	address = address.JoinPath("held", all[i].ID)
	address.RawQuery = url.Values{"arrival": {all[i].stamp()}}.Encode()
	return address.String(), true, nil
}

// stamp tells a message from a later one of the same id.
func (m heldMessage) stamp() string { return m.Arrival.Format(time.RFC3339) }

// converse speaks the protocol on a connection.
func converse(conn io.ReadWriter, req heldRequest) (all []heldMessage, last heldAnswer, err error) {
	req.V = 1
	line, err := json.Marshal(req)
	if err != nil {
		return nil, last, err
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return nil, last, fmt.Errorf("%w: %w", errNoHelper, err)
	}
	in := bufio.NewScanner(conn)
	in.Buffer(nil, heldLine)
	for in.Scan() {
		var a heldAnswer
		if err := json.Unmarshal(in.Bytes(), &a); err != nil || a.V != 1 {
			return nil, last, fmt.Errorf("%w as it should: version %d, %w", errNoHelper, a.V, err)
		}
		if a.Message != nil {
			all = append(all, *a.Message)
		}
		if a.OK == nil {
			continue
		}
		if !*a.OK {
			return nil, a, heldRefusal{a}
		}
		return all, a, nil
	}
	return nil, last, fmt.Errorf("%w: it broke off (%w)", errNoHelper, errors.Join(in.Err(), io.ErrUnexpectedEOF))
}
