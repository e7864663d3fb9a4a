// Package web shows the figures and the transmissions behind them in a browser, to people who read neither logs
// nor configuration. Pages are rendered on the server; there is no script, nothing is fetched from elsewhere, and
// everything that a page shows is named by its address, so that a view can be sent to a colleague. Charts are SVG drawn on the server
// with a table behind each, and forms are plain ones: uPlot and htmx, which were considered, would show no more, and without them
// the content security policy allows no script at all.
//
//	/                        the figures
//	/boards                  further figures (board: incidents, transport, operations)
//	/transmissions           the transmissions of a period, or those behind one figure (q, part, key)
//	/transmissions/{id}      one transmission and the log lines that prove it
//	/report                  the Ombudsman's report; /report/pdf, html, csv, json are its files
//	/triage                  open mail that a person must look at; /cases is the register of breaches
//	/repeated                repeated open mail
//	/processors              the organisation's own processors
//	/words                   what the words mean
//	/access                  who opened what, for auditors; /users is who may log in
//
// Parameters: lang (da, en), period (30d, month, quarter, 12m) or from and to (dates, both included),
// department.
//
// # Who may what
//
// Users and roles are those of package login. routes.go is the one table of all addresses with the roles that may open
// each; admit holds everybody to it, and writes each opening into the access log before anything is shown. A view
// narrows what a page asks for: view.where keeps a reviewer to own departments. While nobody may log in, every page
// leads to one that names the command which makes the first user. No page names a person but the one of a single
// transmission, to an officer, after the reason was written down, and only once Options.Persons says so.
//
// # Adding a page
//
//  1. A line in site.routes: pattern, roles, and s.page(s.thing); menu, if it belongs in the menu. The test of routes
//     and roles wants a line for it.
//  2. In a file of its own: func (s *site) thing(r *http.Request, v view) (template string, body any, err error), and
//     a type thingPage with title(lang). Errors: errNotFound, inputError (its text is shown); others are logged and
//     shown without detail. A form that changes something posts to a route of its own, whose handler calls s.note
//     with what was done and answers with http.Redirect; http.CrossOriginProtection stands before all of them.
//  3. pages/thing.html with {{define "content"}}; it sees the frame as $f and its body as .Body. Classes are those of
//     assets/style.css; there is no script.
//  4. Its sentences in texts*.go, in both languages, said by {{$f.Say "name"}}; tests hold that none is missing,
//     unused, or a word of the workshop.
//
// # Adding a register
//
// A register of what people state needs no table of its own: its entries are supervise.Entry values whose Data is JSON of
// a type in package supervise, kept by Store.Entries, Entry and AddEntry under the register's name, with author, time
// and all revisions.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/login"
	"postvagt/agent/report"
	"postvagt/agent/supervise"
	"postvagt/agent/watch"
	"postvagt/dashboards"
)

// Store answers questions; see package store.
type Store interface {
	AskAll(ctx context.Context, qs []dashboards.Question, p dashboards.Period, where dashboards.Filter) (map[string][]dashboards.Row, error)
	Documents(ctx context.Context, p dashboards.Period, where dashboards.Filter, offset, limit int) ([]event.Document, int, error)
	Gaps(ctx context.Context, p dashboards.Period) ([]dashboards.Gap, error)
	Overview(ctx context.Context) (dashboards.Overview, error)
	Reported(ctx context.Context, p dashboards.Period, department string) ([]dashboards.Reported, error)
	Settings(ctx context.Context, p dashboards.Period) ([]dashboards.Setting, error)
	Outages(ctx context.Context, p dashboards.Period) ([]dashboards.Outage, error)
	RulesOf(ctx context.Context, verdictID string) ([]string, error)
	Tested(ctx context.Context, p dashboards.Period) ([]dashboards.Tested, error)
	HoldPeriod(ctx context.Context, reason string, p dashboards.Period) error
	People
	Registers
}

// Registers keep what people state; see package supervise.
type Registers interface {
	Entries(ctx context.Context, register string) ([]supervise.Entry, error)
	Entry(ctx context.Context, register, id string) ([]supervise.Entry, error)
	AddEntry(ctx context.Context, e supervise.Entry) error
}

// People are who may log in, and what is written down of what they do.
type People interface {
	Users(ctx context.Context) ([]login.User, error)
	User(ctx context.Context, name string) (u login.User, known bool, err error)
	ChangeUser(ctx context.Context, name string, f func(*login.User) error) error
	Note(ctx context.Context, a login.Access) error
	Accesses(ctx context.Context, from, to time.Time, user, action string, offset, limit int) ([]login.Access, int, error)
}

// Options are what the pages need to know.
type Options struct {
	Store         Store
	Repeated      func(context.Context) ([]watch.Finding, error)                  // repeated open mail, found now
	Mailboxes     func(at time.Time, department string) (*int64, error)           // secure mailboxes that are there; nil where no list says so
	Outcomes      func(context.Context, report.Options) (*report.Outcomes, error) // what a report says of incidents; not counted without it
	Breaches      Breaches                                                        // the register of breaches
	Organisation  string                                                          // shown at the head of each page
	Now           func() time.Time                                                // time.Now without it
	Zone          *time.Location                                                  // of days and clock times; time.Local without it
	Departments   func() []string                                                 // that exist; those that occur in the store are added
	Hosts         []string                                                        // names by which the pages may be called beside loopback ones
	Held          string                                                          // socket of the privileged helper for held mail, "" for none
	ControlMonths int                                                             // how often each point of control is due; 12 without it
	Persons       func() bool                                                     // whether a sender may be named where there is a reason to; never without it
	Log           *slog.Logger                                                    // slog.Default() without it
}

// site is the web application.
type site struct {
	Options
	pages    *pages
	assets   *assets
	table    []route
	sessions sessions
	trying   sync.Mutex // one password at a time
}

// New returns the application. It only answers to loopback names and Options.Hosts, so that a page
// elsewhere cannot read it by pointing a name of its own at 127.0.0.1.
func New(o Options) (http.Handler, error) {
	if o.Store == nil || o.Breaches == nil {
		return nil, errors.New("web: no store, or no register of breaches")
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
	if o.ControlMonths == 0 {
		o.ControlMonths = 12
	}
	if o.Repeated == nil {
		o.Repeated = func(context.Context) ([]watch.Finding, error) { return nil, nil }
	}
	if o.Mailboxes == nil {
		o.Mailboxes = func(time.Time, string) (*int64, error) { return nil, nil }
	}
	if o.Outcomes == nil {
		o.Outcomes = func(context.Context, report.Options) (*report.Outcomes, error) { return nil, nil }
	}
	if o.Persons == nil {
		o.Persons = func() bool { return false }
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
	s := &site{Options: o, pages: p, assets: a, sessions: newSessions()}
	s.table = s.routes()
	mux := http.NewServeMux()
	for _, rt := range s.table {
		mux.HandleFunc(rt.pattern, s.admit(rt))
	}
	return s.guard(http.NewCrossOriginProtection().Handler(s.sessions.wrap(mux))), nil
}
