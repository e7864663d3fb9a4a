package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"time"

	"postvagt/agent/maillog"
	"postvagt/agent/store"
	"postvagt/agent/tail"
	"postvagt/agent/track"
)

const (
	commitLines    = 50_000                 // lines in one transaction at most
	commitMessages = 5_000                  // messages that these are about, at most: the rows of all are in memory at once
	retryCommit    = 2 * time.Second        // after a transaction that failed
	commitPause    = 100 * time.Millisecond // between transactions while lines trickle in
	tickInterval   = time.Second
)

// pipeline is the way of a line from the sources to the store. One goroutine walks it.
type pipeline struct {
	store     *store.Store
	tracker   *track.Tracker
	sources   []*source
	metrics   *metrics
	log       *slog.Logger
	now       func() time.Time // the clock on the wall
	units     []string         // patterns of the units of systemd whose lines count; nil for all
	every     time.Duration
	teller    *teller // nil for an import: old mail is told nobody
	letters   []store.Letter
	selfTests []store.SelfTest
	settings  []store.Setting
	policy    []store.PolicyLine
	found     []store.Found
	turned    func() // called in each turn; may be nil

	record  maillog.Record
	unknown map[string]int64
	gaps    []store.Gap
	archive bool      // an import: what it brings is kept whatever its age
	moved   []*source // whose position is to be committed
	lines   int
	since   time.Time // of the first line that is not committed; of the monotonic clock
	lastEnd time.Time // when all sources were read to their end

	sum     ImportSum
	bytes   int64
	failure error // of a source, the last one
}

func (p *pipeline) firstFailure() error { return p.failure }

// load gives the tracker what was unfinished.
func (p *pipeline) load(ctx context.Context, prefix string) error {
	return p.tracker.Load(func(yield func(track.Item, error) bool) {
		for i, err := range p.store.State(ctx) {
			if err != nil {
				err = fmt.Errorf("unfinished state: %w", err)
			} else if isImport(i.Key) != (prefix != "") {
				continue
			}
			if !yield(track.Item{Key: i.Key, Data: i.Data, Due: i.Due}, err) {
				return
			}
		}
	})
}

// passTo lets the time of the log go on.
func (p *pipeline) passTo(ctx context.Context, at time.Time) error {
	for more := true; more; {
		more = p.tracker.Tick(at)
		if err := p.commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// step reads once from the source that is furthest behind. It returns false when all are at their end.
func (p *pipeline) step(ctx context.Context) (bool, error) {
	s := p.behind()
	if s == nil {
		return false, nil
	}
	b, err := s.reader.Read()
	p.metrics.events(s.kind, b.Events)
	if err != nil {
		s.atEnd, p.failure = true, err
		if !s.failing {
			s.failing = true
			p.log.Error("log source cannot be read; others go on", "source", s.name, "error", err)
		}
		p.metrics.failing.WithLabelValues(s.kind).Set(1)
		return true, nil
	}
	if s.failing {
		s.failing = false
		p.log.Info("log source is readable again", "source", s.name)
		p.metrics.failing.WithLabelValues(s.kind).Set(0)
	}
	p.take(s, b)
	if p.lines >= commitLines || p.tracker.Changed() >= commitMessages || p.lines > 0 && time.Since(p.since) >= p.every {
		return true, p.commit(ctx)
	}
	return true, nil
}

// behind is the source with something to read whose log time is the least.
func (p *pipeline) behind() *source {
	var best *source
	for _, s := range p.sources {
		if !s.atEnd && (best == nil || s.parser.Last().Before(best.parser.Last())) {
			best = s
		}
	}
	return best
}

func (p *pipeline) take(s *source, b tail.Batch) {
	s.atEnd = b.AtEnd
	if slices.Contains(b.Events, tail.Lost) {
		p.lost(s, 0)
		p.log.Warn("lines were rotated away before they were read; the period is marked incomplete", "source", s.name)
	}
	if len(b.Lines) > 0 && p.lines == 0 {
		p.since = time.Now()
	}
	for i := range b.Lines {
		if s.kind == decisionsKind {
			if err := p.decided(s, b.Lines[i]); err != nil {
				p.failure = err
			}
			continue
		}
		p.line(s, b.Lines[i])
	}
	p.lines += len(b.Lines)
	p.bytes += b.Bytes
	p.sum.Lines += int64(len(b.Lines))
	p.metrics.read(s.kind, b.Bytes, s.reader.Lag(), p.now().Sub(s.parser.Last()))
	if b.Position != nil && string(b.Position) != string(s.position) {
		s.position = b.Position
		if !slices.Contains(p.moved, s) {
			p.moved = append(p.moved, s)
		}
	}
}

func (p *pipeline) line(s *source, l tail.Line) {
	r := &p.record
	if !s.parse(l, r) {
		p.metrics.kind(s.kind, "untrusted")
		p.forged(s, l.Pos)
		return
	}
	p.metrics.kind(s.kind, r.Kind.String())
	switch r.Kind {
	case maillog.Unknown:
		p.unknown[programName(r.Program)]++
		p.metrics.notUnderstood(programName(r.Program))
		p.sum.Unknown++
	case maillog.Gap:
		if r.Unit == "" || p.follows(r.Unit) {
			p.lost(s, r.Lines)
		}
	case maillog.Forged:
		p.forged(s, l.Pos)
	case maillog.SelfTest:
		p.selfTest(r)
		if r.QueueID != "" {
			p.tracker.Add(r, track.Origin{Source: s.name, Pos: l.Pos, Text: l.Text})
		}
	case maillog.Settings:
		g := r.Verdict.Settings
		p.settings = append(p.settings, store.Setting{Host: shortHost(r.Host), From: r.Time, Mode: g.Mode, Policy: g.Policy, Rules: g.Rules, Table: maillog.TableOf(g)})
	case maillog.PolicyLine:
		l := r.Verdict.Policy
		p.policy = append(p.policy, store.PolicyLine{Policy: l.Policy, N: l.N, Of: l.Of, Line: l.Line.Full()})
	case maillog.Foreign, maillog.Ignored, maillog.NoQueue:
	default:
		p.judged(r)
		p.tracker.Add(r, track.Origin{Source: s.name, Pos: l.Pos, Text: l.Text})
	}
}

// judged keeps which rules found something in a message that is confidential or sensitive.
func (p *pipeline) judged(r *maillog.Record) {
	if r.Kind != maillog.Verdict || r.Verdict.Message == nil || len(r.Verdict.Message.Rules) == 0 || r.Verdict.Message.Level == maillog.LevelNone {
		return
	}
	f := store.Found{ID: r.Verdict.ID, At: r.Time}
	for _, rule := range r.Verdict.Message.Rules {
		f.Rules = append(f.Rules, rule.Rule)
	}
	p.found = append(p.found, f)
}

// follows says whether a unit of systemd is one whose lines count.
func (p *pipeline) follows(unit string) bool {
	return p.units == nil || slices.ContainsFunc(p.units, func(pattern string) bool {
		ok, _ := path.Match(pattern, unit) // patterns were checked with the configuration
		return ok
	})
}

// forged says where a line stands that somebody wrote in the name of the MTA or the milter. It is said once for each source,
// counted each time, and never believed.
func (p *pipeline) forged(s *source, pos int64) {
	if !s.forged {
		s.forged = true
		p.log.Warn("somebody else writes lines in the name of the mail programs; they are counted as forged or untrusted, and not believed", "source", s.name, "position", pos)
	}
}

// programName bounds what a line can put into the database.
func programName(s string) string {
	if s == "" {
		return "none"
	}
	if len(s) > 64 {
		s = s[:64]
	}
	return string([]byte(s))
}

// lost marks the time around the last line as incomplete.
func (p *pipeline) lost(s *source, lines int64) {
	at := p.record.Time
	if at.IsZero() {
		at = s.parser.Last()
	}
	if at.IsZero() {
		at = p.now()
	}
	p.gaps = append(p.gaps, store.Gap{Source: s.name, From: at.Add(-max(time.Minute, p.record.Span)), To: at, Lines: lines})
}

// commit stores all that was made of the lines so far, in one transaction. While that fails nothing more is read.
func (p *pipeline) commit(ctx context.Context) error {
	c, err := p.tracker.Flush()
	if err != nil {
		return err
	}
	b := store.Batch{Documents: c.Documents, Archive: p.archive, Delete: c.Delete, Unknown: p.unknown, Gaps: p.gaps, SelfTests: p.selfTests, Settings: p.settings, Policy: p.policy, Found: p.found}
	for _, i := range c.Put {
		b.Put = append(b.Put, store.Item{Key: i.Key, Data: i.Data, Due: i.Due})
	}
	for _, s := range p.moved {
		data, err := s.place()
		if err != nil {
			return err
		}
		b.Positions = append(b.Positions, store.Position{Source: s.name, Data: data})
	}
	for _, o := range c.Outages {
		of := store.HostOutages{Host: o.Host, Since: o.Since, Until: o.Until}
		for _, one := range o.All {
			of.All = append(of.All, store.Outage{Host: o.Host, From: one.From, To: one.To})
		}
		b.Outages = append(b.Outages, of)
	}
	if p.teller != nil {
		if b.Letters, err = p.teller.notices(c.Notices); err != nil {
			return err
		}
		b.Letters = append(b.Letters, p.letters...)
	}
	if err := p.try(ctx, b); err != nil {
		return err
	}
	if len(b.Letters) > 0 {
		p.teller.wakeUp()
	}
	p.metrics.committed(len(c.Documents), p.tracker)
	p.sum.Documents += int64(len(c.Documents))
	p.letters, p.selfTests, p.settings, p.policy, p.found, p.unknown, p.gaps, p.moved, p.lines = nil, nil, nil, nil, nil, map[string]int64{}, nil, nil, 0
	return nil
}

func (p *pipeline) try(ctx context.Context, b store.Batch) error {
	for failed := false; ; {
		p.turn()
		began := time.Now()
		err := p.store.Commit(ctx, b)
		if err == nil {
			p.metrics.commitSeconds.Observe(time.Since(began).Seconds())
			p.metrics.storeFailing.Set(0)
			if failed {
				p.log.Info("the database takes data again")
			}
			return nil
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		p.metrics.storeFailing.Set(1)
		if !failed {
			failed = true
			p.log.Error("the database does not take data; reading stops until it does", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryCommit):
		}
	}
}

// run walks until the context ends. wake says that there may be something to read.
func (p *pipeline) run(ctx context.Context, wake <-chan struct{}) error {
	tick := time.NewTicker(tickInterval)
	defer tick.Stop()
	for ctx.Err() == nil {
		p.turn()
		more, err := p.step(ctx)
		if err != nil {
			return stopOr(ctx, err)
		}
		if more {
			continue
		}
		if err := p.rest(ctx); err != nil {
			return stopOr(ctx, err)
		}
		select {
		case <-ctx.Done():
		case <-wake:
			p.pause(ctx)
		case <-tick.C:
		}
		for _, s := range p.sources {
			s.atEnd = false
		}
	}
	return nil
}

func (p *pipeline) turn() {
	if p.turned != nil {
		p.turned()
	}
}

// rest is what is done when all sources are read to their end: commit, and let the log's time go on.
func (p *pipeline) rest(ctx context.Context) error {
	now := time.Now()
	if p.lines > 0 || len(p.moved) > 0 {
		p.lastEnd = now
		return p.commit(ctx)
	}
	if p.lastEnd.IsZero() {
		p.lastEnd = now
	}
	if quiet := now.Sub(p.lastEnd); quiet >= time.Minute && !p.tracker.Now().IsZero() { // monotonic: a clock that jumps changes nothing
		p.lastEnd = now
		return p.passTo(ctx, p.tracker.Now().Add(quiet))
	}
	return nil
}

// pause lets a few more lines come together after a wake-up.
func (p *pipeline) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(commitPause):
	}
}

func stopOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
