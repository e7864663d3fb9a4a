package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"postvagt/agent/maillog"
	"postvagt/agent/register"
	"postvagt/agent/report"
	"postvagt/agent/store"
	"postvagt/agent/tail"
	"postvagt/agent/track"
	"postvagt/agent/watch"
	"postvagt/agent/web"
)

// Agent runs.
type Agent struct {
	Config *Config
	Log    *slog.Logger
	Reload func() (*Config, error) // reads the configuration again; called for each value of Reloads
	// Reloads ask for the configuration to be read again.
	Reloads <-chan struct{}
	Ready   func(address string) // called once the pages can be reached; may be nil
	Now     func() time.Time     // the clock on the wall; time.Now if nil

	current atomic.Pointer[Config] // the configuration in force, for the pages

	turns atomic.Uint64 // of the pipeline, for Alive
	seen  uint64        // turns when Alive was last asked
}

// Alive says whether the pipeline has gone on since it was last asked: even where nothing is to be read, it turns every second.
// Only one goroutine may ask. A database that takes no data is reported elsewhere and no reason to start again.
func (a *Agent) Alive(context.Context) error {
	now := a.turns.Load()
	if now == a.seen {
		return errors.New("the log is not followed any more")
	}
	a.seen = now
	return nil
}

func (a *Agent) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

// importPrefix begins the keys of an import's unfinished state.
const importPrefix = "import/"

func isImport(key string) bool { return strings.HasPrefix(key, importPrefix) }

// Run follows the log and serves the pages until the context ends.
func (a *Agent) Run(ctx context.Context) error {
	zone, err := a.Config.TimeZone()
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, a.Config.Store.Path, store.In(zone))
	if err != nil {
		return err
	}
	m := newMetrics(a.Config.Store.Path)
	a.current.Store(a.Config)
	m.stored(db, a.now)
	m.backlog(db.Backlog)
	m.selfTests(db.SelfTests)
	listener, err := net.Listen("tcp", a.Config.Dashboard.Listen)
	if err != nil {
		return errors.Join(fmt.Errorf("dashboard.listen: %w", err), db.Close())
	}
	server, err := a.serve(listener, db, m)
	if err != nil {
		return errors.Join(err, listener.Close(), db.Close())
	}
	if a.Ready != nil {
		a.Ready(listener.Addr().String())
	}
	warming, end := context.WithCancel(ctx)
	warmed := make(chan struct{})
	go func() {
		defer close(warmed)
		warm(warming, db, a.Log, a.now(), zone)
	}()
	err = a.follow(ctx, db, m)
	end()
	<-warmed
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(stop), db.Close())
}

// follow walks the pipeline, and starts it anew with each new configuration.
func (a *Agent) follow(ctx context.Context, db *store.Store, m *metrics) error {
	for {
		round, cancel := context.WithCancel(ctx)
		next := make(chan *Config, 1)
		watching := make(chan struct{})
		go func() {
			defer close(watching)
			a.awaitReload(round, cancel, next, m)
		}()
		keeping, tick := make(chan struct{}), time.NewTicker(purgeEvery)
		go func(c *Config) {
			defer close(keeping)
			a.keep(round, c, db, tick.C)
		}(a.Config)
		shipping := make(chan struct{})
		go func(c *Config) {
			defer close(shipping)
			a.ship(round, c, db, m)
		}(a.Config)
		err := a.round(round, db, m)
		cancel()
		tick.Stop()
		<-watching
		<-keeping
		<-shipping
		if err != nil || ctx.Err() != nil {
			return err
		}
		select {
		case c := <-next:
			a.Config = c
			a.current.Store(c)
		default:
			return nil
		}
	}
}

// awaitReload ends the round when a good new configuration is there; a bad one changes nothing.
func (a *Agent) awaitReload(ctx context.Context, cancel func(), next chan<- *Config, m *metrics) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.Reloads:
		}
		c, err := a.Reload()
		if err == nil {
			_, err = c.trackOptions()
		}
		if err == nil {
			_, err = c.Elastic.connection()
		}
		if err != nil {
			m.reloads.WithLabelValues("refused").Inc()
			a.Log.Error("the new configuration is not used, the old one stays", "error", err)
			continue
		}
		m.reloads.WithLabelValues("ok").Inc()
		a.Log.Info("configuration read again")
		next <- c
		cancel()
		return
	}
}

// round follows the log under one configuration.
func (a *Agent) round(ctx context.Context, db *store.Store, m *metrics) error {
	options, err := a.Config.trackOptions()
	if err != nil {
		return err
	}
	options.Recall = recall(ctx, db)
	telling, stop := context.WithCancel(ctx)
	teller, told, err := a.startTelling(telling, db)
	if err != nil {
		stop()
		return err
	}
	defer func() { stop(); <-told }()
	options.Notices = a.Config.Mail.Notices
	p := &pipeline{teller: teller, store: db, tracker: track.New(options), metrics: m, log: a.Log, now: a.now, units: append(slices.Clone(a.Config.Log.JournalUnits), a.Config.Log.MilterUnit), every: time.Duration(a.Config.Agent.CommitEvery), turned: func() { a.turns.Add(1) }, unknown: map[string]int64{}}
	if err := p.load(ctx, ""); err != nil {
		return err
	}
	files := a.Config.allFiles()
	w, err := tail.Watch(existing(files))
	if err != nil {
		return err
	}
	defer w.Close()
	if p.sources, err = a.open(ctx, db, w.Wake, p); err != nil {
		return err
	}
	defer func() {
		for _, s := range p.sources {
			s.reader.Close()
		}
	}()
	for _, s := range p.sources {
		a.Log.Info("following", "source", s.name, "kind", s.kind)
	}
	if err := p.run(ctx, w.C); err != nil {
		return err
	}
	if p.lines > 0 { // stopped in the middle: what is read is read
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return p.commit(last)
	}
	return nil
}

func recall(ctx context.Context, db *store.Store) func(key string) ([]byte, bool) {
	return func(key string) ([]byte, bool) {
		i, ok, err := db.Item(ctx, key)
		return i.Data, ok && err == nil
	}
}

// open opens all sources at their stored positions.
func (a *Agent) open(ctx context.Context, db *store.Store, wake func(), p *pipeline) (all []*source, err error) {
	positions, err := db.Positions(ctx)
	if err != nil {
		return nil, fmt.Errorf("positions: %w", err)
	}
	stored := map[string][]byte{}
	for _, p := range positions {
		stored[p.Source] = p.Data
	}
	opt, err := a.Config.parserOptions()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			for _, s := range all {
				s.reader.Close()
			}
		}
	}()
	for _, name := range a.Config.allFiles() {
		s, events, err := openFile(name, stored[name], a.Config.isVerdictFile(name), a.now(), opt)
		if err != nil {
			return all, err
		}
		if name == filepath.Clean(a.Config.Log.Decisions) {
			s.kind = decisionsKind
		}
		p.metrics.events(s.kind, events)
		for _, e := range events {
			if e == tail.Lost {
				p.lost(s, 0)
				a.Log.Warn("lines were rotated away while the agent was down; the period is marked incomplete", "source", name)
			}
		}
		all = append(all, s)
	}
	if a.Config.useJournal() {
		s, err := openJournal(a.Config, stored[tail.JournalSource], wake, opt)
		if err != nil {
			return all, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (c *Config) parserOptions() (maillog.Options, error) {
	zone, err := c.TimeZone()
	if err != nil {
		return maillog.Options{}, err
	}
	key, err := optionalKey(c.Log.MACKey)
	return maillog.Options{Zone: zone, MACKey: key}, err
}

func (a *Agent) serve(l net.Listener, db *store.Store, m *metrics) (*http.Server, error) {
	zone, err := a.Config.TimeZone()
	if err != nil {
		return nil, err
	}
	repeated := func(ctx context.Context) ([]watch.Finding, error) {
		t, err := newTeller(a.current.Load(), db, a.Log)
		if err != nil {
			return nil, err
		}
		w, err := newWatching(t)
		if err != nil {
			return nil, err
		}
		return w.findings(ctx)
	}
	counted := func(ctx context.Context, o report.Options) (*report.Outcomes, error) {
		return outcomes(ctx, a.current.Load(), db, o)
	}
	stock := func(at time.Time, department string) (*int64, error) {
		return a.current.Load().mailboxes(at, department)
	}
	pages, err := web.New(web.Options{Store: db, Repeated: repeated, Outcomes: counted, Mailboxes: stock, Breaches: &register.Register{Store: db, Organisation: a.Config.Organisation.Name, Zone: zone, Now: time.Now},
		Organisation: a.Config.Organisation.Name, Zone: zone, Log: a.Log,
		Hosts: a.Config.Dashboard.Hosts, Held: a.Config.Dashboard.Held, ControlMonths: a.Config.Supervision.ControlMonths, Departments: a.departments, Persons: func() bool { return a.current.Load().Persons.Open() }})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", onlyHere(m.handler()))
	mux.Handle("/", pages)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.Log.Error("the pages are not served any more", "error", err)
		}
	}()
	return server, nil
}

// departments are those of departments.csv; a bad file has been refused, or will be at the next reload.
func (a *Agent) departments() []string {
	names, err := a.current.Load().departmentNames()
	if err != nil {
		a.Log.Warn("departments cannot be read", "error", err)
	}
	return names
}

// onlyHere answers those who call this machine by a loopback name: not a web server in front of the pages.
func onlyHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !loopback(strings.Trim(host, "[]")) {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
