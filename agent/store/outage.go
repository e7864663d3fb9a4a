package store

import (
	"context"
	"database/sql"
	"time"

	"postvagt/dashboards"
)

// Outage is when nothing was checked on a host; To is zero while that lasts.
type Outage = dashboards.Outage

// HostOutages are all outages of a host that begin in [Since, Until]. They replace what was kept of that time.
type HostOutages struct {
	Host         string
	Since, Until time.Time
	All          []Outage
}

func (w *writer) outages(all []HostOutages) error {
	for _, h := range all {
		if _, err := w.exec("DELETE FROM outage WHERE host = ? AND from_time BETWEEN ? AND ?", h.Host, h.Since.UnixMicro(), h.Until.UnixMicro()); err != nil {
			return err
		}
		for _, o := range h.All {
			to := sql.NullInt64{Int64: o.To.UnixMicro(), Valid: !o.To.IsZero()}
			if _, err := w.exec("INSERT OR REPLACE INTO outage (host, from_time, to_time) VALUES (?, ?, ?)", h.Host, o.From.UnixMicro(), to); err != nil {
				return err
			}
		}
	}
	return nil
}

// Outages returns the times in which nothing was checked on a host and that overlap a period, by time.
func (s *Store) Outages(ctx context.Context, p dashboards.Period) ([]Outage, error) {
	span, err := parsePeriod(p)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s.read, "SELECT host, from_time, to_time FROM outage WHERE from_time < ? AND ifnull(to_time, ?) > ? ORDER BY from_time, host",
		[]any{span.to, span.to, span.from}, func(scan func(...any) error) (o Outage, err error) {
			var from int64
			var to sql.NullInt64
			err = scan(&o.Host, &from, &to)
			if o.From = time.UnixMicro(from).UTC(); to.Valid {
				o.To = time.UnixMicro(to.Int64).UTC()
			}
			return o, err
		})
}
