package agent

import (
	"context"
	"fmt"
	"os"
	"time"

	"postvagt/agent/store"
	"postvagt/milter/program"
)

// SelfTests is what the milter of each host answered last to its test message, as far as the log has been read (R16).
func SelfTests(ctx context.Context, c *Config) ([]store.SelfTest, error) {
	zone, err := c.TimeZone()
	if err != nil {
		return nil, err
	}
	db, err := store.OpenRead(ctx, c.Store.Path, store.In(zone))
	if err != nil {
		return nil, fmt.Errorf("%w: start the agent: systemctl start postvagt-agent", err)
	}
	defer db.Close()
	return db.SelfTests(ctx)
}

// AwaitSelfTest waits until the agent has read an answer of this host that is not older than since.
func AwaitSelfTest(ctx context.Context, c *Config, since time.Time, wait time.Duration) ([]store.SelfTest, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var seen []store.SelfTest
	err = program.Poll(ctx, 250*time.Millisecond, func() (bool, error) {
		all, err := SelfTests(ctx, c)
		if err != nil && ctx.Err() != nil {
			return false, nil
		}
		for _, t := range all {
			if t.Host == shortHost(host) && !t.At.Before(since.Truncate(time.Microsecond)) {
				seen = []store.SelfTest{t}
			}
		}
		return seen != nil, err
	})
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("no test of %s since %s has been read in %s: see that the agent runs, and that [log] verdicts names the milter's verdict_log (postvagt-agent doctor)", shortHost(host), since.Local().Format(time.DateTime), wait)
	}
	return seen, err
}
