package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"postvagt/agent/register"
	"postvagt/agent/report"
	"postvagt/agent/store"
)

// ReportQuery is the Ombudsman's report that is asked for.
type ReportQuery struct {
	From, To   string // days, both included
	Department string // "" for all
	Lang       string // da or en
	Format     string // one of report.Formats()
}

// WriteReport writes the Ombudsman's report from the database, while an agent may be writing it.
func WriteReport(ctx context.Context, c *Config, q ReportQuery, now time.Time, w io.Writer) (err error) {
	zone, err := c.TimeZone()
	if err != nil {
		return err
	}
	if q.From == "" || q.To == "" {
		return errors.New("a report needs --from and --to, days such as 2026-11-23")
	}
	p, err := CountQuery{From: q.From, To: q.To}.period(zone)
	if err != nil {
		return err
	}
	from, err := time.Parse(time.RFC3339, p.From)
	if err != nil {
		return err
	}
	to, err := time.Parse(time.RFC3339, p.To)
	if err != nil {
		return err
	}
	db, err := store.OpenRead(ctx, c.Store.Path, store.In(zone))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	o := report.Options{Organisation: c.Organisation.Name, Department: q.Department, Lang: q.Lang, From: from.In(zone), To: to.In(zone), Made: now.In(zone)}
	if o.Outcomes, err = outcomes(ctx, c, db, o); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if o.Mailboxes, err = c.mailboxes(o.Stock(), o.Department); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	r, err := report.Make(ctx, db, o)
	if err != nil {
		return err
	}
	return r.Write(w, q.Format)
}

// Backup writes the database as of now to a new file, while an agent may be writing it.
func Backup(ctx context.Context, c *Config, file string) (err error) {
	db, err := store.OpenRead(ctx, c.Store.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Backup(ctx, file)
}

// Restore puts a backup in the place of the database and returns where the old one is kept. The agent must be stopped.
func Restore(ctx context.Context, c *Config, file string, now time.Time) (kept string, err error) {
	kept, err = store.Restore(ctx, file, c.Store.Path, now)
	if errors.Is(err, store.ErrLocked) {
		err = fmt.Errorf("%w: stop the agent first", err)
	}
	return kept, err
}

// purgeEvery is how often the time of keeping is looked at.
const purgeEvery = 24 * time.Hour

// keep deletes what was kept long enough, now and at each tick, until the context ends.
func (a *Agent) keep(ctx context.Context, c *Config, db *store.Store, tick <-chan time.Time) {
	for {
		at, err := a.keepingTime(ctx, db)
		var n int64
		var erased []string
		if err == nil {
			n, err = purge(ctx, c, db, at)
		}
		if err == nil {
			erased, err = expire(ctx, c, db, at)
		}
		switch {
		case err != nil && ctx.Err() == nil:
			a.Log.Error("what was kept long enough is not deleted", "error", err)
		case n > 0 || len(erased) > 0:
			a.Log.Info("deleted after their time of keeping", "transmissions", n, "cases and triages", len(erased))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}

// clockTrust is how far the clock on the wall may be ahead of the newest mail. Further ahead it is taken for wrong, since
// what a wrong clock deletes is gone.
const clockTrust = 31 * 24 * time.Hour

// keepingTime is the time from which the time of keeping is reckoned.
func (a *Agent) keepingTime(ctx context.Context, db *store.Store) (time.Time, error) {
	now := a.now()
	o, err := db.Overview(ctx)
	if err != nil || o.Last.IsZero() {
		return now, err
	}
	if limit := o.Last.Add(clockTrust); now.After(limit) {
		a.Log.Warn("the clock is far ahead of the newest mail; the time of keeping is reckoned from that mail", "clock", now, "newest", o.Last)
		return limit, nil
	}
	return now, nil
}

// purge deletes what is older than the months of the configuration.
func purge(ctx context.Context, c *Config, db *store.Store, now time.Time) (int64, error) {
	zone, err := c.TimeZone()
	if err != nil {
		return 0, err
	}
	var r store.Retention
	if m := c.Store.DetailsMonths; m > 0 {
		r.Details = now.In(zone).AddDate(0, -m, 0)
	}
	if m := c.Store.FiguresMonths; m > 0 {
		r.Figures = now.In(zone).AddDate(0, -m, 0)
	}
	if m := c.Store.AccessMonths; m > 0 {
		r.Access = now.In(zone).AddDate(0, -m, 0)
	}
	return db.Purge(ctx, r, now)
}

// expire erases cases that were closed longer ago than the years of the configuration.
func expire(ctx context.Context, c *Config, db *store.Store, now time.Time) ([]string, error) {
	zone, err := c.TimeZone()
	if err != nil || c.Cases.KeepYears == 0 {
		return nil, err
	}
	r := &register.Register{Store: db, Zone: zone, Now: func() time.Time { return now }}
	return r.Expire(ctx, now.In(zone).AddDate(-c.Cases.KeepYears, 0, 0))
}
