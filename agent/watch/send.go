package watch

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"net/textproto"
	"net/url"
	"time"
)

// ErrRefused says that trying again will not help: the other side will never take it.
var ErrRefused = errors.New("refused for good")

// SMTP hands mail to the local MTA.
type SMTP struct {
	Addr string // host:port
	Helo string // name of this host
}

// sendTimeout bounds one try of any sender.
const sendTimeout = 30 * time.Second

// Send sends a mail from the null reverse-path (RFC 3834 section 3.3), so that nothing ever comes back. Errors: ErrRefused
// for a permanent reply (RFC 5321 section 4.2.1).
func (s SMTP) Send(ctx context.Context, to string, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(s.Addr)
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return permanent(err)
	}
	if err := s.transaction(c, to, data); err != nil {
		return permanent(err)
	}
	_ = c.Quit() // the mail is taken: an error at parting would only send it twice
	return nil
}

func (s SMTP) transaction(c *smtp.Client, to string, data []byte) error {
	if s.Helo != "" {
		if err := c.Hello(s.Helo); err != nil {
			return err
		}
	}
	if err := c.Mail(""); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

// permanent tells a 5yz reply. The reply's text may name the recipient, so only its code is kept.
func permanent(err error) error {
	var reply *textproto.Error
	switch {
	case !errors.As(err, &reply):
		return fmt.Errorf("mail server: %w", err)
	case reply.Code >= 500:
		return fmt.Errorf("mail server: %w: reply %d", ErrRefused, reply.Code)
	}
	return fmt.Errorf("mail server: reply %d", reply.Code)
}

// Webhook posts alerts as JSON.
type Webhook struct {
	URL    string
	Secret []byte // of X-Postvagt-Signature: sha256=hex of the HMAC of the body; none without it
	Client *http.Client
}

// Send posts one alert. Errors: ErrRefused for 4xx but 408 and 429.
func (h Webhook) Send(ctx context.Context, a Alert) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	head := http.Header{}
	if h.Secret != nil {
		m := hmac.New(sha256.New, h.Secret)
		m.Write(body)
		head.Set("X-Postvagt-Signature", "sha256="+hex.EncodeToString(m.Sum(nil)))
	}
	return post(ctx, h.Client, h.URL, body, head)
}

// Alertmanager posts alerts for operations to the API v2 of Prometheus Alertmanager.
type Alertmanager struct {
	URL    string // base, such as http://127.0.0.1:9093
	Client *http.Client
}

// Send posts one alert.
func (m Alertmanager) Send(ctx context.Context, a Alert) error {
	labels := map[string]string{"alertname": "Postvagt" + camel(a.Kind), "severity": "warning", "service": "postvagt"}
	for _, l := range a.Labels {
		labels[l.Name] = l.Value
	}
	body, err := json.Marshal([]map[string]any{{"labels": labels, "startsAt": a.At.UTC().Format(time.RFC3339),
		"annotations": map[string]string{"summary": a.Title, "description": a.Text}, "generatorURL": a.Link}})
	if err != nil {
		return err
	}
	return post(ctx, m.Client, m.URL+"/api/v2/alerts", body, http.Header{})
}

// camel writes a kind as names of alerts are written.
func camel(kind string) string {
	out := make([]byte, 0, len(kind))
	up := true
	for i := range len(kind) {
		switch c := kind[i]; {
		case c == '-':
			up = true
		case up && c >= 'a' && c <= 'z':
			out, up = append(out, c-'a'+'A'), false
		default:
			out, up = append(out, c), false
		}
	}
	return string(out)
}

func post(ctx context.Context, client *http.Client, to string, body []byte, head http.Header) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: not an address", ErrRefused)
	}
	head.Set("Content-Type", "application/json")
	req.Header = head
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		if u := (*url.Error)(nil); errors.As(err, &u) {
			err = u.Err // the address may hold a token
		}
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) // so that the connection can be used again
	switch code := res.StatusCode; {
	case code < 300:
		return nil
	case code >= 400 && code < 500 && code != http.StatusRequestTimeout && code != http.StatusTooManyRequests:
		return fmt.Errorf("%w: status %d", ErrRefused, code)
	default:
		return fmt.Errorf("status %d", code)
	}
}
