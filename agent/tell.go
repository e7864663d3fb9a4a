package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"postvagt/agent/store"
	"postvagt/agent/track"
	"postvagt/agent/watch"
)

// letter is what the outbox keeps of one thing to be told: exactly one of the three is set.
type letter struct {
	Mail    *mailLetter  `json:"mail,omitempty"`
	Webhook *watch.Alert `json:"webhook,omitempty"`
	Alarm   *watch.Alert `json:"alarm,omitempty"` // for Alertmanager
}

type mailLetter struct {
	To   string        `json:"to"`
	Data []byte        `json:"data"`
	Held *watch.Notice `json:"held,omitempty"` // that a mail is held: asked is, before it is sent, whether its sender decides
}

// teller writes what is to be told, and sends what the outbox holds.
type teller struct {
	store  *store.Store
	config *Config
	log    *slog.Logger
	now    func() time.Time
	zone   *time.Location
	secret []byte
	host   string
	wake   chan struct{}
	failed map[string]bool // kinds of letters whose last try failed: said once
}

func newTeller(c *Config, db *store.Store, log *slog.Logger) (*teller, error) {
	zone, err := c.TimeZone()
	if err != nil {
		return nil, err
	}
	secret, err := optionalKey(c.Alerts.Secret)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	return &teller{store: db, config: c, log: log, now: time.Now, zone: zone, secret: secret, host: host, wake: make(chan struct{}, 1), failed: map[string]bool{}}, nil
}

// noticeAge is how old a hold may be and its sender is still told: reading old logs tells nobody.
const noticeAge = 24 * time.Hour

// notices writes what senders are to be told, for the transaction that stores what it is about.
func (t *teller) notices(all []track.Notice) (letters []store.Letter, err error) {
	now := t.now()
	for _, n := range all {
		if !t.config.Mail.Notices || t.config.Mail.Server == "" || now.Sub(n.At) > noticeAge {
			continue
		}
		notice := watch.Notice{ID: n.ID, To: n.To, Lang: n.Lang, What: n.What, Why: n.Why, Kinds: n.Kinds, Quoted: n.Quoted, At: n.At.In(t.zone)}
		l, err := t.notice(notice, now)
		if err != nil {
			return nil, err
		}
		letters = append(letters, l)
	}
	return letters, nil
}

func (t *teller) mail(id string, m watch.Message) (store.Letter, error) {
	data, err := m.Bytes()
	if err != nil {
		return store.Letter{}, fmt.Errorf("notice: %w", err)
	}
	return t.letter(id, letter{Mail: &mailLetter{To: m.To, Data: data}})
}

func (t *teller) notice(n watch.Notice, at time.Time) (store.Letter, error) {
	data, err := t.written(n, at)
	if err != nil {
		return store.Letter{}, fmt.Errorf("notice: %w", err)
	}
	m := mailLetter{To: n.To, Data: data}
	if n.What == watch.NoticeHeld {
		m.Held = &n
	}
	return t.letter("notice/"+n.What+"/"+n.ID, letter{Mail: &m})
}

func (t *teller) written(n watch.Notice, at time.Time) ([]byte, error) {
	return n.Message(t.config.mailFrom(), t.config.Mail.Lang, t.config.Mail.Help, at.In(t.zone)).Bytes()
}

func (t *teller) letter(id string, l letter) (store.Letter, error) {
	data, err := json.Marshal(l)
	return store.Letter{ID: id, At: t.now(), Data: data}, err
}

// alert puts an alert into the outbox for each way that the configuration has for those it is for. person is the
// address of a sender or manager; nobody else has one here.
func (t *teller) alert(ctx context.Context, a watch.Alert, person string) error {
	letters, err := t.alertLetters(a, person)
	if err != nil || len(letters) == 0 {
		return err
	}
	_, err = t.store.Post(ctx, letters...)
	t.wakeUp()
	return err
}

func (t *teller) alertLetters(a watch.Alert, person string) (letters []store.Letter, err error) {
	to := map[watch.To][]string{watch.Officer: t.config.Alerts.Officers, watch.Operations: t.config.Alerts.Operations}[a.To]
	if person != "" {
		to = []string{person}
	}
	var errs []error
	add := func(l store.Letter, err error) {
		letters, errs = append(letters, l), append(errs, err)
	}
	for _, address := range to {
		if t.config.Mail.Server == "" {
			break
		}
		m := watch.Message{From: t.config.mailFrom(), To: address, ID: "alert-" + messageID(a.ID), Date: t.now().In(t.zone), Subject: a.Title, Lang: t.config.Alerts.Lang, Text: paragraphs(a)}
		add(t.mail("alert/"+a.ID+"/"+address, m))
	}
	if t.config.Alerts.Webhook != "" && person == "" {
		add(t.letter("alert/"+a.ID+"/webhook", letter{Webhook: &a}))
	}
	if t.config.Alerts.Alertmanager != "" && a.To == watch.Operations {
		add(t.letter("alert/"+a.ID+"/alertmanager", letter{Alarm: &a}))
	}
	return letters, errors.Join(errs...)
}

func paragraphs(a watch.Alert) (all []string) {
	for _, p := range []string{a.Text, a.Link} {
		if p != "" {
			all = append(all, p)
		}
	}
	return all
}

// messageID keeps only what may stand in a Message-ID (RFC 5322 dot-atom).
func messageID(id string) string {
	b := []byte(id)
	for i, c := range b {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			b[i] = '-'
		}
	}
	return string(b)
}

// wakeUp says that there may be something to send.
func (t *teller) wakeUp() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// idle is how long the outbox is not looked at while nobody wakes and nothing is due.
const idle = time.Minute

// run sends until the context ends.
func (t *teller) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := t.sendDue(ctx); err != nil && ctx.Err() == nil {
			t.log.Error("the outbox cannot be read", "error", err)
		}
		pause := idle
		if next, ok, err := t.store.NextLetter(ctx); err == nil && ok {
			pause = min(pause, max(time.Second, next.Sub(t.now())))
		}
		select {
		case <-ctx.Done():
		case <-t.wake:
		case <-time.After(pause):
		}
	}
}

func (t *teller) sendDue(ctx context.Context) error {
	const some = 50
	for ctx.Err() == nil {
		due, err := t.store.DueLetters(ctx, t.now(), some)
		if err != nil {
			return err
		}
		for _, l := range due {
			if err := t.settle(ctx, l, t.send(ctx, l)); err != nil {
				return err
			}
		}
		if len(due) < some {
			return nil
		}
	}
	return nil
}

func (t *teller) send(ctx context.Context, l store.Letter) error {
	var what letter
	if err := json.Unmarshal(l.Data, &what); err != nil {
		return fmt.Errorf("%w: %w", watch.ErrRefused, err)
	}
	switch {
	case what.Mail != nil:
		data, err := t.withPage(ctx, l, what.Mail)
		if err != nil {
			return err
		}
		return watch.SMTP{Addr: t.config.Mail.Server, Helo: t.host}.Send(ctx, what.Mail.To, data)
	case what.Webhook != nil:
		return watch.Webhook{URL: t.config.Alerts.Webhook, Secret: t.secret}.Send(ctx, *what.Webhook)
	case what.Alarm != nil:
		return watch.Alertmanager{URL: t.config.Alerts.Alertmanager}.Send(ctx, *what.Alarm)
	}
	return fmt.Errorf("%w: nothing to send", watch.ErrRefused)
}

// keepTrying is how long a letter is tried before it is given up.
const keepTrying = 72 * time.Hour

// settle writes down how a try ended. No log line names who was written to.
func (t *teller) settle(ctx context.Context, l store.Letter, failure error) error {
	now := t.now()
	switch {
	case failure == nil:
		t.failed = map[string]bool{}
		return t.store.EndLetter(ctx, l.ID, store.LetterSent, now)
	case ctx.Err() != nil:
		return nil
	case errors.Is(failure, errEarly):
		return t.store.RetryLetter(ctx, l.ID, now.Add(time.Second))
	case errors.Is(failure, watch.ErrRefused) || now.Sub(l.At) > keepTrying:
		t.log.Error("a notice or alert is given up", "tries", l.Tries+1, "error", failure)
		return t.store.EndLetter(ctx, l.ID, store.LetterRefused, now)
	}
	if text := failure.Error(); !t.failed[text] {
		t.failed[text] = true
		t.log.Error("a notice or alert cannot be sent; it is tried again", "error", failure)
	}
	pause := min(time.Hour, 10*time.Second<<min(l.Tries, 9))
	return t.store.RetryLetter(ctx, l.ID, now.Add(pause))
}
