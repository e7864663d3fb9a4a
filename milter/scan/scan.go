// Package scan is the door for programs that hold a whole message and do not speak the milter protocol,
// such as rspamd's plugin: HTTP over a unix or loopback socket.
//
//	POST /judge
//	Queue-Id: 4bXyQ12abc        the MTA's queue id
//	From: kari@kommune.example  envelope sender, "" for the null reverse-path
//	Rcpt: anna@borger.example   envelope recipient; one field each
//	IP: 192.0.2.7               the client; left out for the host's own mail
//	User: kari                  its login; left out without one
//
// The body is the message as it came. The answer is a JSON object, see Answer. The verdict is counted and logged
// as one of the milter's own.
package scan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"postvagt/milter"
	"postvagt/milter/verdict"
)

// Judge is what stands behind the door.
type Judge interface {
	Submit(ctx context.Context, s milter.Submission) (milter.Answer, error)
}

// Answer says what to do with the message.
type Answer struct {
	ID        string   `json:"id"`
	Action    string   `json:"action"` // pass, tag, route, hold, reject: what to do in the mode in force
	Wanted    string   `json:"wanted"` // what enforcing would do
	Level     string   `json:"level"`
	Kinds     []string `json:"kinds"`
	Direction string   `json:"direction"`
	Why       string   `json:"why"`
	Add       []Field  `json:"add"`        // header fields to add
	Remove    []string `json:"remove"`     // names of header fields to take out, all of each
	Reject    string   `json:"reject"`     // text after 550 5.7.1
	Later     bool     `json:"later"`      // answer 4.7.1: it could not be judged now
	NotJudged string   `json:"not_judged"` // why, "" when it was
}

// Field is a header field.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Handler serves the door.
func Handler(j Judge) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /judge", func(w http.ResponseWriter, r *http.Request) {
		sub, err := submission(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a, err := j.Submit(r.Context(), sub)
		if errors.Is(err, milter.ErrStopping) {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(answer(&a)) // an error is the client's who went away
	})
	return mux
}

func submission(r *http.Request) (milter.Submission, error) {
	s := milter.Submission{QueueID: r.Header.Get("Queue-Id"), Sender: r.Header.Get("From"), User: r.Header.Get("User"), Message: r.Body}
	if s.QueueID != "" && !verdict.IsQueueID(s.QueueID) {
		return s, fmt.Errorf("Queue-Id: %q is not a queue id", s.QueueID)
	}
	for _, to := range r.Header.Values("Rcpt") {
		s.Rcpts = append(s.Rcpts, milter.Rcpt{Addr: to})
	}
	if len(s.Rcpts) == 0 {
		return s, fmt.Errorf("no Rcpt: one field for each envelope recipient")
	}
	if ip := r.Header.Get("IP"); ip != "" {
		addr, err := netip.ParseAddr(ip)
		if err != nil {
			return s, fmt.Errorf("IP: %q is not an address", ip)
		}
		s.Client = addr
	}
	return s, nil
}

func answer(a *milter.Answer) Answer {
	out := Answer{ID: a.ID, Action: a.Action, Wanted: verdict.Pass, Level: a.Level, Kinds: a.Kinds, Direction: a.Direction, Why: a.Why,
		Add: []Field{}, Remove: a.Remove, Reject: a.Reject, Later: a.Later, NotJudged: a.NotWhy}
	for _, f := range a.Fields {
		out.Add = append(out.Add, Field{f[0], f[1]})
	}
	for _, r := range a.Recipients {
		out.Wanted = verdict.Stricter(out.Wanted, r.Wanted)
	}
	if out.Kinds == nil {
		out.Kinds = []string{}
	}
	if out.Remove == nil {
		out.Remove = []string{}
	}
	return out
}
