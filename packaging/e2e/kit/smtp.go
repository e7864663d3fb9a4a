package kit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// Envelope is how a message is handed over (RFC 5321).
type Envelope struct {
	From string
	To   []string
	// XCLIENT is what Postfix shall take for the client, such as "ADDR=203.0.113.7 NAME=mail.example" or
	// "LOGIN=anna"; the port needs smtpd_authorized_xclient_hosts. Empty: the one before, at first the real
	// client. A client so made may not change again: it takes another connection.
	XCLIENT string
	Notify  string // of which events the sender is to be told, as "SUCCESS,FAILURE" (RFC 3461); "" for the server's default
}

// Reply is the server's last answer: of the end of the message, or of the command that was refused.
type Reply struct {
	Code int    // 250, or 4xx and 5xx
	Text string // without the code
}

// helo is the name that the client gives.
const helo = "client.example"

// Client is one SMTP connection that carries several messages.
type Client struct{ c *smtp.Client }

// Dial connects to an SMTP server.
func Dial(ctx context.Context, addr string) (*Client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := c.Hello(helo); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &Client{c}, nil
}

// WaitSMTP waits until an SMTP server greets: its port alone may be open long before.
func WaitSMTP(ctx context.Context, addr string, limit time.Duration) error {
	return Wait(ctx, "SMTP at "+addr, limit, func() (bool, error) {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return false, err
		}
		if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			return false, errors.Join(err, conn.Close())
		}
		c, err := smtp.NewClient(conn, "localhost")
		if err != nil {
			return false, errors.Join(err, conn.Close())
		}
		return true, c.Quit()
	})
}

// Send hands over one message on a connection of its own.
func Send(ctx context.Context, addr string, env Envelope, data []byte) (Reply, error) {
	c, err := Dial(ctx, addr)
	if err != nil {
		return Reply{}, err
	}
	reply, err := c.Send(env, data)
	return reply, errors.Join(err, c.Close())
}

// Close ends the connection.
func (c *Client) Close() error { return c.c.Quit() }

// Send hands over one message. Line ends of data become CRLF. A refusal is a Reply, not an error.
func (c *Client) Send(env Envelope, data []byte) (Reply, error) {
	if env.XCLIENT != "" {
		if err := c.xclient(env.XCLIENT); err != nil {
			return Reply{}, err
		}
	}
	reply, err := c.transaction(env, data)
	if refused := new(textproto.Error); errors.As(err, &refused) {
		if err := c.c.Reset(); err != nil {
			return Reply{}, err
		}
		return Reply{refused.Code, refused.Msg}, nil
	}
	return reply, err
}

func (c *Client) transaction(env Envelope, data []byte) (Reply, error) {
	mail := "MAIL FROM:<" + env.From + ">"
	for _, ext := range []string{"8BITMIME", "SMTPUTF8"} {
		ok, _ := c.c.Extension(ext)
		switch {
		case ok && ext == "8BITMIME":
			mail += " BODY=8BITMIME"
		case ok && !ascii(env.From+strings.Join(env.To, "")):
			mail += " SMTPUTF8"
		}
	}
	if _, err := c.cmd(250, mail); err != nil {
		return Reply{}, err
	}
	for _, to := range env.To {
		rcpt := "RCPT TO:<" + to + ">"
		if env.Notify != "" {
			rcpt += " NOTIFY=" + env.Notify
		}
		if _, err := c.cmd(25, rcpt); err != nil {
			return Reply{}, err
		}
	}
	if _, err := c.cmd(354, "DATA"); err != nil {
		return Reply{}, err
	}
	w := c.c.Text.DotWriter()
	if _, err := w.Write(data); err != nil {
		return Reply{}, err
	}
	if err := w.Close(); err != nil {
		return Reply{}, err
	}
	code, msg, err := c.c.Text.ReadResponse(250)
	return Reply{code, msg}, err
}

// xclient changes the client; the session then starts anew with a greeting.
func (c *Client) xclient(attributes string) error {
	if _, err := c.cmd(220, "XCLIENT "+attributes); err != nil {
		return fmt.Errorf("XCLIENT: %w", err)
	}
	_, err := c.cmd(250, "EHLO "+helo)
	return err
}

func (c *Client) cmd(expect int, line string) (string, error) {
	id, err := c.c.Text.Cmd("%s", line)
	if err != nil {
		return "", err
	}
	c.c.Text.StartResponse(id)
	defer c.c.Text.EndResponse(id)
	_, msg, err := c.c.Text.ReadResponse(expect)
	return msg, err
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 0x7e }) < 0
}
