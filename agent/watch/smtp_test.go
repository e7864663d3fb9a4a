package watch

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
)

// mailServer answers one client by its words: the reply to the greeting ("") and to each command, 250 where none is given;
// "cut" ends the connection instead. It says what the client said, once the client is gone.
func mailServer(t *testing.T, replies map[string]string) (addr string, said <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	all := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var heard strings.Builder
		defer func() { all <- heard.String() }()
		in := bufio.NewReader(conn)
		answer := func(word, otherwise string) bool {
			reply, ok := replies[word]
			if !ok {
				reply = otherwise
			}
			if reply == "cut" {
				return false
			}
			_, err := conn.Write([]byte(reply + "\r\n"))
			return err == nil
		}
		data := false
		for ok := answer("", "220 here"); ok; {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			heard.WriteString(line)
			word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch {
			case data && line != ".\r\n":
			case data:
				data, ok = false, answer(".", "250 queued")
			case word == "DATA":
				ok = answer(word, "354 go on")
				data = replies[word] == ""
			default:
				ok = answer(word, "250 fine")
			}
		}
	}()
	return l.Addr().String(), all
}

// A mail leaves with the null reverse-path, is refused for good by 5yz alone, and is not sent again once it is taken. No error
// names the recipient.
func TestSMTP(t *testing.T) {
	for name, tt := range map[string]struct {
		replies map[string]string
		taken   bool
		final   bool
	}{
		"taken":                     {nil, true, false},
		"no for the greeting":       {map[string]string{"": "554 nobody"}, false, true},
		"later for the greeting":    {map[string]string{"": "421 busy"}, false, false},
		"no such recipient":         {map[string]string{"RCPT": "550 <kari@kommune.example> unknown"}, false, true},
		"recipient later":           {map[string]string{"RCPT": "451 <kari@kommune.example> later"}, false, false},
		"null sender refused":       {map[string]string{"MAIL": "501 no"}, false, true},
		"no at the end":             {map[string]string{".": "554 no"}, false, true},
		"later at the end":          {map[string]string{".": "452 full"}, false, false},
		"cut at the end":            {map[string]string{".": "cut"}, false, false},
		"cut before the data":       {map[string]string{"DATA": "cut"}, false, false},
		"cut after it was taken":    {map[string]string{"QUIT": "cut"}, true, false},
		"unkind after it was taken": {map[string]string{"QUIT": "500 what?"}, true, false},
		"no SMTP at all":            {map[string]string{"": "hello"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			addr, said := mailServer(t, tt.replies)
			err := SMTP{Addr: addr, Helo: "mx.kommune.example"}.Send(t.Context(), "kari@kommune.example", []byte("Subject: x\r\n\r\nhello\r\n.dot\r\n"))
			if (err == nil) != tt.taken || errors.Is(err, ErrRefused) != tt.final {
				t.Errorf("taken %v, for good %v: %v", err == nil, errors.Is(err, ErrRefused), err)
			}
			if err != nil && strings.Contains(err.Error(), "kari") {
				t.Errorf("the error names the recipient")
			}
			if heard := <-said; tt.taken {
				for _, want := range []string{"EHLO mx.kommune.example\r\n", "MAIL FROM:<>", "RCPT TO:<kari@kommune.example>\r\n", "hello\r\n..dot\r\n.\r\nQUIT\r\n"} {
					if !strings.Contains(heard, want) {
						t.Errorf("no %q in\n%s", want, heard)
					}
				}
			}
		})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := (SMTP{Addr: l.Addr().String()}).Send(t.Context(), "kari@kommune.example", nil); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("nobody there: %v", err)
	}
	addr, _ := mailServer(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (SMTP{Addr: addr}).Send(ctx, "kari@kommune.example", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
