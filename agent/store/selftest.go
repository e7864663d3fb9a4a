package store

import (
	"context"
	"database/sql"
	"time"

	"postvagt/dashboards"
)

// SelfTest is what the milter of a host answered to its test message (R16). A batch brings single answers, whose Good is At
// or zero; SelfTests returns the newest of each host.
type SelfTest struct {
	Host   string
	At     time.Time
	Good   time.Time // of the last answer by which the test message would be stopped; zero for none
	Wanted string    // what enforcing would have done with the newest one
}

// Stopped says whether by the newest answer the test message would be stopped.
func (t SelfTest) Stopped() bool { return t.Good.Equal(t.At) }

// selfTests keeps the newest answers, in whatever order they come: logs are imported late.
func (w *writer) selfTests(all []SelfTest) error {
	for _, t := range all {
		good := sql.NullInt64{Int64: t.Good.UnixMicro(), Valid: !t.Good.IsZero()}
		_, err := w.exec(`INSERT INTO selftest (host, at, good, wanted) VALUES (?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET
			wanted = iif(excluded.at >= at, excluded.wanted, wanted), at = max(at, excluded.at),
			good = nullif(max(ifnull(good, 0), ifnull(excluded.good, 0)), 0)`, t.Host, t.At.UnixMicro(), good, t.Wanted)
		if err != nil {
			return err
		}
		if _, err := w.exec("INSERT OR REPLACE INTO selftest_answer (host, at, good) VALUES (?, ?, ?)", t.Host, t.At.UnixMicro(), !t.Good.IsZero()); err != nil {
			return err
		}
	}
	return nil
}

// Tested counts the answers of a period by host, in the order of the names.
func (s *Store) Tested(ctx context.Context, p dashboards.Period) ([]dashboards.Tested, error) {
	span, err := parsePeriod(p)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s.read, "SELECT host, sum(good), count(*) FROM selftest_answer WHERE at >= ? AND at < ? GROUP BY host ORDER BY host", []any{span.from, span.to},
		func(scan func(...any) error) (t dashboards.Tested, err error) {
			err = scan(&t.Host, &t.Good, &t.All)
			return t, err
		})
}

// SelfTests returns the newest answer of each host that has ever given one, in the order of the names.
func (s *Store) SelfTests(ctx context.Context) ([]SelfTest, error) {
	return collect(ctx, s.read, "SELECT host, at, good, wanted FROM selftest ORDER BY host", nil, func(scan func(...any) error) (t SelfTest, err error) {
		var at int64
		var good sql.NullInt64
		err = scan(&t.Host, &at, &good, &t.Wanted)
		if t.At = time.UnixMicro(at).UTC(); good.Valid {
			t.Good = time.UnixMicro(good.Int64).UTC()
		}
		return t, err
	})
}
