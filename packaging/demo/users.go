package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"strings"
)

// users are one of each role; their names are those of their roles.
var users = []struct {
	name string
	args []string // beside the role
	may  string
}{
	{"officer", nil, "reads all, handles cases"},
	{"reviewer", []string{"--role", "reader", "--department", "Socialforvaltningen", "--department", "Jobcenter", "--address", "reviewer@strandholt.example"}, "decides on held mail of two departments, and may read it"},
	{"sender", []string{"--address", "ole.friis@borger.strandholt.example"}, "decides on held mail of their own, as the department lets its senders"},
	{"viewer", nil, "reads figures"},
	{"dpo", nil, "reads and comments"},
	{"auditor", nil, "reads, and the access log"},
	{"admin", nil, "sees who may log in"},
}

// addUsers makes them on the command line, as an admin does, with one password of this run.
func (s *stage) addUsers(ctx context.Context) error {
	s.password = strings.ToLower(rand.Text())[:16]
	for _, u := range users {
		args := append([]string{"users", "add", u.name, "--role", u.name, "--config", s.path("etc", "agent.toml")}, u.args...)
		cmd := exec.CommandContext(ctx, s.bin("postvagt-agent"), args...)
		cmd.Stdin = strings.NewReader(s.password + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("postvagt-agent users add %s: %w\n%s", u.name, err, out)
		}
	}
	return nil
}

// printUsers says how to log in.
func (s *stage) printUsers(out io.Writer) {
	fmt.Fprintf(out, "Password of all users: %s\n", s.password)
	for _, u := range users {
		fmt.Fprintf(out, "  %-9s %s\n", u.name, u.may)
	}
}

// logIn returns a client that has logged in as a user.
func (s *stage) logIn(ctx context.Context, name string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar}
	form := url.Values{"name": {name}, "password": {s.password}, "next": {"/words"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.dashboard+"login", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/words" {
		return nil, fmt.Errorf("log in as %s: %s", name, resp.Status)
	}
	return client, nil
}
