package elastic

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"postvagt/agent/event"
	"postvagt/dashboards"
	"postvagt/packaging/e2e/kit"
)

// kibanaCheck holds a Kibana against what the dashboards must show. It imports them, exports and compares them, puts known
// transmissions of January 1999 into Elasticsearch by way of Kibana, opens every dashboard in Chromium for that time, and
// removes the transmissions again.
type kibanaCheck struct {
	t       testing.TB
	kibana  *Kibana
	timeout time.Duration // of drawing a dashboard
	langs   []string
	said    func(format string, args ...any)
}

// run returns what is wrong.
func (c *kibanaCheck) run(ctx context.Context) (wrong []error) {
	version, err := c.kibana.Version(ctx)
	if err != nil {
		return []error{err}
	}
	c.said("Kibana %s", version)
	for _, lang := range c.langs {
		objects, err := dashboards.SavedObjects(lang, true)
		if err != nil {
			return []error{err}
		}
		if _, err := c.kibana.Import(ctx, "postvagt-"+lang, objects); err != nil {
			return append(wrong, fmt.Errorf("import of postvagt-%s: %w", lang, err))
		}
		wrong = append(wrong, c.exported(ctx, objects)...)
	}
	client, err := c.through()
	if err != nil {
		return append(wrong, err)
	}
	mails, notes, golden := known()
	if err := errors.Join(fill(ctx, client, mails), fillNotes(ctx, client, notes)); err != nil {
		return append(wrong, fmt.Errorf("known transmissions, put into Elasticsearch by Kibana's console: %w", err))
	}
	for _, lang := range c.langs {
		wrong = append(wrong, c.browse(ctx, knownBoards(c.t, lang, golden))...)
	}
	if err := client.do(context.WithoutCancel(ctx), http.MethodDelete, "/"+index(knownMonth), nil, nil); err != nil {
		wrong = append(wrong, fmt.Errorf("index %s of the check is left behind: %w", index(knownMonth), err))
	}
	if err := forgetNotes(context.WithoutCancel(ctx), client); err != nil {
		wrong = append(wrong, fmt.Errorf("notes of the check are left behind: %w", err))
	}
	return wrong
}

const (
	knownMonth = "1999.01"
	knownAgent = "kibana-check"
)

// through is a client of the Elasticsearch behind Kibana: requests pass Kibana's console.
func (c *kibanaCheck) through() (*Client, error) {
	base, err := elasticsearch.NewBaseClient(elasticsearch.Config{Addresses: []string{"http://behind-kibana"}, Transport: console{c.kibana}, DisableMetaHeader: true, DisableRetry: true})
	if err != nil {
		return nil, err
	}
	return &Client{base}, nil
}

// console sends a request for Elasticsearch to Kibana's console.
type console struct{ *Kibana }

func (c console) RoundTrip(r *http.Request) (*http.Response, error) {
	to := c.address + "/api/console/proxy?" + url.Values{"path": {r.URL.RequestURI()}, "method": {r.Method}}.Encode()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, to, r.Body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = r.ContentLength
	c.sign(req)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("x-elastic-internal-origin", "Kibana")
	res, err := c.client.Do(req)
	if err == nil {
		res.Header.Set("X-Elastic-Product", "Elasticsearch") // Kibana leaves it out
	}
	return res, err
}

// fill puts the known transmissions into an index of their own; one that holds others is left alone.
func fill(ctx context.Context, client *Client, mails []mail) error {
	if _, err := client.Cluster(ctx); err != nil {
		return err
	}
	if _, err := client.EnsureTemplates(ctx); err != nil {
		return err
	}
	to := "/" + index(knownMonth)
	var said struct{ Count int64 }
	err := client.do(ctx, http.MethodPost, to+"/_count", object{"query": object{"bool": object{"must_not": object{"term": object{fieldAgent: knownAgent}}}}}, &said)
	switch {
	case err == nil && said.Count > 0:
		return fmt.Errorf("%s holds %d documents that are not of this check", index(knownMonth), said.Count)
	case err == nil:
		err = client.do(ctx, http.MethodDelete, to, nil, nil)
	case status(err) == http.StatusNotFound:
		err = nil
	}
	if err := errors.Join(err, client.do(ctx, http.MethodPut, to, nil, nil)); err != nil {
		return err
	}
	var body bytes.Buffer
	e := newEncoder(func(a string) string { return a }, knownAgent)
	for i := range mails {
		for _, d := range mails[i].documents(i) {
			json, _ := e.document(&event.Row{Document: d}, 1)
			fmt.Fprintf(&body, "{\"index\":{\"_id\":%q}}\n%s\n", d.Key, json)
		}
	}
	return inBulk(ctx, client, to, &body)
}

// fillNotes puts the known notes beside those of agents.
func fillNotes(ctx context.Context, client *Client, notes []event.Note) error {
	s := &Shipper{Client: client, agent: event.Shipping{Agent: knownAgent}}
	if _, err := s.openNotes(ctx); err != nil {
		return err
	}
	if err := forgetNotes(ctx, client); err != nil {
		return err
	}
	var body bytes.Buffer
	e := newEncoder(func(a string) string { return a }, knownAgent)
	for i := range notes {
		json, _ := e.note(&event.NoteRow{Note: notes[i]}, 1)
		fmt.Fprintf(&body, "{\"index\":{\"_id\":%q}}\n%s\n", s.noteID(notes[i].Key), json)
	}
	return inBulk(ctx, client, "/"+dashboards.NotesIndex, &body)
}

func forgetNotes(ctx context.Context, client *Client) error {
	return client.do(ctx, http.MethodPost, "/"+dashboards.NotesIndex+"/_delete_by_query?refresh=true&conflicts=proceed", object{"query": object{"term": object{fieldAgent: knownAgent}}}, nil)
}

func inBulk(ctx context.Context, client *Client, to string, body io.Reader) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to+"/_bulk?refresh=true&filter_path=errors,items.*.error.type", body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Perform(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	var answer struct{ Errors *bool }
	if json.Unmarshal(said, &answer) != nil || answer.Errors == nil || *answer.Errors {
		return fmt.Errorf("not all were taken: %.300s", said)
	}
	return nil
}

// browse opens the dashboards and returns the checks that fail.
func (c *kibanaCheck) browse(ctx context.Context, boards []knownBoard) (wrong []error) {
	k := c.kibana
	plan := kibanaPlan{URL: k.address, Username: k.c.Username, Password: k.c.Password, OwnAuthority: k.c.CA != nil || k.c.Fingerprint != "",
		From: knownFrom.Format(time.RFC3339), To: knownFrom.AddDate(0, 0, knownDays).Add(-time.Millisecond).Format("2006-01-02T15:04:05.000Z"), Timeout: c.timeout.Milliseconds(), Boards: boards}
	if k.c.APIKey != "" {
		plan.Authorization = "ApiKey " + k.c.APIKey
	}
	input, err := json.Marshal(plan)
	if err != nil {
		return []error{err}
	}
	root, err := kit.Root()
	if err != nil {
		return []error{err}
	}
	cmd := exec.CommandContext(ctx, "node", "kibana.mjs")
	cmd.Dir, cmd.Stdin = filepath.Join(root, "packaging/e2e/browser"), bytes.NewReader(input)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		wrong = append(wrong, fmt.Errorf("node kibana.mjs: %w: %.500s", err, complaints.String()))
	}
	checks, want := 0, 0
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); checks++ {
		if problem, failed := strings.CutPrefix(s.Text(), "not ok "); failed {
			wrong = append(wrong, errors.New(problem))
		}
	}
	for _, b := range boards {
		want += 1 + len(b.Panels)
	}
	if len(wrong) == 0 && checks < want {
		wrong = append(wrong, fmt.Errorf("the browser made %d checks, %d are to be", checks, want))
	}
	c.said("%d checks in the browser", checks)
	return wrong
}
