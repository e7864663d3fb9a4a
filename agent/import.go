package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"postvagt/agent/maillog"
	"postvagt/agent/store"
	"postvagt/agent/tail"
	"postvagt/agent/track"
	"postvagt/milter/program"
)

// Import reads old logs into the database.
type Import struct {
	Config   *Config
	Verdicts []string // files that the milter wrote
	Year     int      // of the first line, 0 to guess it
	Stdin    io.Reader
	Progress io.Writer // nil for none
}

// ImportSum says what an import did.
type ImportSum struct {
	Lines, Documents, Unknown int64
}

// Run reads files to their ends. What was read by an import before is not read again. Messages that have no end
// in these files end as unknown.
func (im *Import) Run(ctx context.Context, files []string) (sum ImportSum, err error) {
	zone, err := im.Config.TimeZone()
	if err != nil {
		return sum, err
	}
	db, err := store.Open(ctx, im.Config.Store.Path, store.In(zone))
	if errors.Is(err, store.ErrLocked) {
		return sum, fmt.Errorf("%w: stop the agent for the time of the import", err)
	}
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, total, err := im.pipeline(ctx, db, files)
	if err != nil {
		return sum, err
	}
	defer func() {
		for _, s := range p.sources {
			s.reader.Close()
		}
	}()
	bar := &progress{out: im.Progress, total: total}
	for {
		more, err := p.step(ctx)
		if err == nil {
			err = p.firstFailure()
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return p.sum, err
		}
		bar.show(p.bytes, false)
		if !more {
			break
		}
	}
	if err := p.commit(ctx); err != nil {
		return p.sum, err
	}
	bar.show(p.bytes, true)
	return p.sum, im.end(ctx, p)
}

// end lets the time of the log go on until nothing waits: all that is left has no end in these files.
func (im *Import) end(ctx context.Context, p *pipeline) error {
	if p.tracker.Now().IsZero() {
		return nil
	}
	return p.passTo(ctx, p.tracker.Now().Add(time.Duration(im.Config.Log.QueueLifetime)+time.Duration(im.Config.Log.JoinWindow)+100*24*time.Hour))
}

func (im *Import) pipeline(ctx context.Context, db *store.Store, files []string) (*pipeline, int64, error) {
	options, err := im.Config.trackOptions()
	if err != nil {
		return nil, 0, err
	}
	options.Prefix, options.Recall = importPrefix, recall(ctx, db)
	parser, err := im.Config.parserOptions()
	if err != nil {
		return nil, 0, err
	}
	options.NoVerdicts = len(im.Verdicts) == 0 && len(parser.MACKey) == 0 // with a key, the mail log itself may hold some
	p := &pipeline{store: db, tracker: track.New(options), metrics: newMetrics(im.Config.Store.Path), log: slog.New(slog.DiscardHandler), now: time.Now,
		every: time.Hour, archive: true, unknown: map[string]int64{}}
	if err := p.load(ctx, importPrefix); err != nil {
		return nil, 0, err
	}
	positions, err := db.Positions(ctx)
	if err != nil {
		return nil, 0, err
	}
	stored := map[string][]byte{}
	for _, s := range positions {
		stored[s.Source] = s.Data
	}
	var total int64
	for i, name := range append(append([]string{}, files...), im.Verdicts...) {
		s, size, err := im.source(name, i >= len(files), stored)
		if err != nil {
			return nil, 0, err
		}
		total += size
		p.sources = append(p.sources, s)
	}
	return p, total, nil
}

func (im *Import) source(name string, verdicts bool, stored map[string][]byte) (*source, int64, error) {
	opt, err := im.Config.parserOptions()
	if err != nil {
		return nil, 0, err
	}
	opt.Verdicts = verdicts
	if name == "-" {
		opt.Reference = im.reference(time.Now())
		s := &source{name: "stdin", kind: "import", reader: tail.Stream("stdin", im.Stdin), parser: maillog.New(opt, time.Time{})}
		return s, 0, nil
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %s", name, program.Reason(err))
	}
	key := importPrefix + path
	at, err := readPlace(key, stored[key])
	if err != nil {
		return nil, 0, err
	}
	f, err := tail.Once(path, at.Reader)
	if err != nil {
		return nil, 0, err
	}
	opt.Reference = im.reference(info.ModTime())
	return &source{name: key, kind: "import", reader: f, parser: maillog.New(opt, at.Last), position: at.Reader}, info.Size(), nil
}

// reference is the time that no first line is after.
func (im *Import) reference(changed time.Time) time.Time {
	if im.Year == 0 {
		return changed
	}
	return time.Date(im.Year, 12, 31, 23, 59, 59, 0, time.UTC)
}

// progress is a bar of bytes.
type progress struct {
	out   io.Writer
	total int64
	last  time.Time
}

func (p *progress) show(done int64, end bool) {
	if p.out == nil || !end && time.Since(p.last) < 200*time.Millisecond {
		return
	}
	p.last = time.Now()
	line := fmt.Sprintf("\r%d MB", done>>20)
	if p.total > 0 && done <= p.total {
		const width = 40
		full := int(done * width / p.total)
		line = fmt.Sprintf("\r[%s%s] %3d %%  %d MB", strings.Repeat("#", full), strings.Repeat(" ", width-full), done*100/p.total, done>>20)
	}
	if end {
		line += "\n"
	}
	fmt.Fprint(p.out, line) // a bar that cannot be drawn is no reason to stop
}
