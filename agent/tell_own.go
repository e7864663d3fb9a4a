package agent

import (
	"context"
	"errors"

	"postvagt/agent/login"
	"postvagt/agent/store"
	"postvagt/agent/watch"
	"postvagt/agent/web"
)

// errEarly says that a held mail is not in the hold queue yet: the MTA logs a hold before it moves the mail there.
var errEarly = errors.New("the held mail is not listed yet")

// earlyTries are how often a notice waits for that.
const earlyTries = 3

// withPage is a mail as it is to be sent: a notice of held mail leads to the page where its sender decides, for those who may.
func (t *teller) withPage(ctx context.Context, l store.Letter, m *mailLetter) ([]byte, error) {
	if m.Held == nil || t.config.Dashboard.Held == "" || t.config.Alerts.Link == "" {
		return m.Data, nil
	}
	page, listed, err := t.senderPage(ctx, m.Held)
	switch {
	case err != nil && ctx.Err() == nil:
		if text := err.Error(); !t.failed[text] {
			t.failed[text] = true
			t.log.Error("it is not known whether senders decide on held mail; they are told that others do", "error", err)
		}
		return m.Data, nil
	case err != nil:
		return nil, err
	case !listed && l.Tries < earlyTries:
		return nil, errEarly
	case page == "":
		return m.Data, nil
	}
	n := *m.Held
	n.Page = page
	return t.written(n, l.At)
}

// senderPage asks the helper for the senders who have a login. Where nobody has, the mail need not be listed.
func (t *teller) senderPage(ctx context.Context, n *watch.Notice) (page string, listed bool, err error) {
	users, err := t.store.Users(ctx)
	if err != nil {
		return "", false, err
	}
	for _, u := range users {
		if u.Disabled || !u.Is(login.Sender) || !u.Owns(n.To) {
			continue
		}
		if page, listed, err = web.SenderPage(ctx, t.config.Dashboard.Held, t.config.Alerts.Link, u, n.ID); page != "" || err != nil {
			return page, listed, err
		}
		if !listed {
			return "", false, nil
		}
	}
	return "", true, nil
}
