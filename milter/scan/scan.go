// Package scan is the door for programs that hold a whole message and do not speak the milter protocol,
// such as rspamd's plugin: HTTP over a unix or loopback socket.
//
//	POST /judge
//	Queue-Id: 4bXyQ12abc        the MTA's queue id
//	From: kari@kommune.example  envelope sender, "" for the null reverse-path
//	Rcpt: anna@borger.example   envelope recipients, separated by spaces; the field may come several times
//	IP: 192.0.2.7               the client; left out for the host's own mail
//	User: kari                  its login; left out without one
//	Size: 184320000             bytes of the message, where the body is cut; what is missing counts as not opened
//
// In From, Rcpt and User each byte may be written as %XX (RFC 3986), and spaces and control characters must be. The body is
// the message as it came, of a length that is said beforehand and at most a gigabyte. The answer is a JSON object, see Answer.
// The verdict is counted and logged as one of the milter's own.
//
// Who asks is not believed to be harmless: the socket's group says who may connect, and what is wrong with a
// request is said with status 400 and without a byte of it. While the daemon is stopping the status is 503.
package scan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

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

// Limits of a request.
const (
	maxBody   = 1 << 30
	maxHeader = 1 << 20 // some ten thousand recipients
	bodyTime  = time.Minute
)

// Server serves the door, with the limits of hostile clients.
func Server(j Judge) *http.Server {
	return &http.Server{Handler: Handler(j), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: bodyTime, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: maxHeader}
}

// Handler serves the door.
func Handler(j Judge) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /judge", func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < 0 || r.ContentLength > maxBody {
			http.Error(w, "Content-Length: missing, or more than a gigabyte", http.StatusBadRequest)
			return
		}
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

func submission(r *http.Request) (s milter.Submission, err error) {
	s.Message = r.Body
	if s.QueueID = r.Header.Get("Queue-Id"); s.QueueID != "" && !verdict.IsQueueID(s.QueueID) {
		return s, errors.New("the field Queue-Id holds no queue id")
	}
	if s.Sender, err = decode("From", r.Header.Get("From")); err != nil {
		return s, err
	}
	if s.User, err = decode("User", r.Header.Get("User")); err != nil {
		return s, err
	}
	for _, field := range r.Header.Values("Rcpt") {
		for _, to := range strings.Fields(field) {
			addr, err := decode("Rcpt", to)
			if err != nil {
				return s, err
			}
			s.Rcpts = append(s.Rcpts, milter.Rcpt{Addr: addr})
		}
	}
	if len(s.Rcpts) == 0 {
		return s, errors.New("no Rcpt: the envelope recipients, separated by spaces")
	}
	if ip := r.Header.Get("IP"); ip != "" {
		if s.Client, err = netip.ParseAddr(ip); err != nil {
			return s, errors.New("the field IP holds no address")
		}
	}
	if size := r.Header.Get("Size"); size != "" {
		if s.Size, err = strconv.ParseInt(size, 10, 64); err != nil || s.Size < r.ContentLength {
			return s, errors.New("the field Size holds no number, or less than what came")
		}
	}
	return s, nil
}

func decode(field, value string) (string, error) {
	v, err := url.PathUnescape(value)
	if err != nil {
		return "", fmt.Errorf("the field %s holds a %% that no two hexadecimal digits follow", field)
	}
	return v, nil
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
