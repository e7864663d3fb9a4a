package agent

import (
	"context"
	"log/slog"
	"time"

	"postvagt/agent/store"
	"postvagt/dashboards"
)

// warm asks every question of the pages about the last twelve months, so that the first reader after a start does not wait until the
// transmissions of a year are read. The store remembers what they say of days that do not change.
func warm(ctx context.Context, db *store.Store, log *slog.Logger, now time.Time, zone *time.Location) {
	midnight := time.Date(now.In(zone).Year(), now.In(zone).Month(), now.In(zone).Day(), 0, 0, 0, 0, zone)
	p := dashboards.Period{From: midnight.AddDate(-1, 0, 0).Format(time.RFC3339), To: midnight.AddDate(0, 0, 1).Format(time.RFC3339)}
	for _, q := range dashboards.Questions() {
		if _, err := db.Ask(ctx, q, p, nil); ctx.Err() != nil {
			return
		} else if err != nil {
			log.Warn("a figure could not be prepared; it is made when it is asked for", "question", q.ID, "error", err)
		}
	}
}
