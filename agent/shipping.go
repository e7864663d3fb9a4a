package agent

import (
	"context"
	"time"

	"postvagt/agent/elastic"
	"postvagt/agent/store"
)

// shipEvery is how often it is looked for rows that are to be shipped.
const shipEvery = 2 * time.Second

// ship ships until the context ends, under one configuration.
func (a *Agent) ship(ctx context.Context, c *Config, db *store.Store, m *metrics) {
	if !c.Elastic.on() {
		if err := db.StopShipping(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("what was to be shipped to Elasticsearch is not forgotten", "error", err)
		}
		return
	}
	s, err := c.shipper(db, m)
	if err != nil {
		m.elastic.failing.Set(1)
		a.Log.Error("nothing is shipped to Elasticsearch", "error", err)
		return
	}
	s.Log, s.Report = a.Log, m.elastic.report
	s.Run(ctx)
}

// shipper is what the configuration says of shipping.
func (c *Config) shipper(db *store.Store, m *metrics) (*elastic.Shipper, error) {
	connection, err := c.Elastic.connection()
	if err != nil {
		return nil, err
	}
	client, err := elastic.Connect(connection)
	if err != nil {
		return nil, err
	}
	key, err := ownKey(c.pseudonymKey())
	if err != nil {
		return nil, err
	}
	zone, err := c.TimeZone()
	if err != nil {
		return nil, err
	}
	p := &pseudonyms{key: key, known: map[string]string{}}
	notes := &noteMaker{store: db, zone: zone, mailboxes: c.Agent.SecureMailboxes, now: time.Now, lag: m.largestLag}
	s := &elastic.Shipper{Client: client, Store: db, Pseudonym: p.of, Every: shipEvery, Now: time.Now, Notes: notes.keep}
	if months := c.Store.DetailsMonths; months > 0 {
		s.Keep = func(now time.Time) time.Time { return now.In(zone).AddDate(0, -months, 0) }
	}
	return s, nil
}
