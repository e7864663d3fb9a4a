// Package web shows the figures and the transmissions behind them in a browser, to people who read neither logs
// nor configuration. Pages are rendered on the server; there is no script, nothing is fetched from elsewhere, and
// everything that a page shows is named by its address, so that a view can be sent to a colleague:
//
//	/                        the figures
//	/transmissions           the transmissions of a period, or those behind one figure (q, part, key)
//	/transmissions/{id}      one transmission and the log lines that prove it
//	/report                  the Ombudsman's report; /report/pdf, html, csv, json are its files
//	/words                   what the words mean
//
// Parameters: lang (da, en), period (30d, month, quarter, 12m) or from and to (dates, both included),
// department. There is no login yet: no page names a person or shows an address or pseudonym.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// Store answers questions; see package store.
type Store interface {
	AskAll(ctx context.Context, qs []dashboards.Question, p dashboards.Period, where dashboards.Filter) (map[string][]dashboards.Row, error)
	Documents(ctx context.Context, p dashboards.Period, where dashboards.Filter, offset, limit int) ([]event.Document, int, error)
	Gaps(ctx context.Context, p dashboards.Period) ([]dashboards.Gap, error)
	Overview(ctx context.Context) (dashboards.Overview, error)
}

// Options are what the pages need to know.
type Options struct {
	Store        Store
	Organisation string           // shown at the head of each page
	Now          func() time.Time // time.Now without it
	Zone         *time.Location   // of days and clock times; time.Local without it
	Departments  func() []string  // that exist; those that occur in the store are added
	Hosts        []string         // names by which the pages may be called beside loopback ones
	Log          *slog.Logger     // slog.Default() without it
}

// site is the web application.
type site struct {
	Options
	pages  *pages
	assets *assets
}

// New returns the application. It only answers to loopback names and Options.Hosts, so that a page
// elsewhere cannot read it by pointing a name of its own at 127.0.0.1.
func New(o Options) (http.Handler, error) {
	if o.Store == nil {
		return nil, errors.New("web: no store")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Departments == nil {
		o.Departments = func() []string { return nil }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	a, err := loadAssets()
	if err != nil {
		return nil, err
	}
	p, err := loadPages(a)
	if err != nil {
		return nil, err
	}
	s := &site{Options: o, pages: p, assets: a}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page(s.figures))
	mux.HandleFunc("GET /transmissions", s.page(s.transmissions))
	mux.HandleFunc("GET /transmissions/{id}", s.page(s.transmission))
	mux.HandleFunc("GET /report", s.page(s.report))
	mux.HandleFunc("GET /report/{format}", s.reportFile)
	mux.HandleFunc("GET /words", s.page(s.words))
	mux.HandleFunc("GET /assets/{name}", a.serve)
	mux.HandleFunc("/", s.page(func(*http.Request, view) (string, any, error) { return "", nil, errNotFound }))
	return s.guard(http.NewCrossOriginProtection().Handler(mux)), nil
}
