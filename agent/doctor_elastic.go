package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"postvagt/agent/elastic"
	"postvagt/agent/store"
)

// elasticsearch asks the cluster, and the database what has not got there.
func (d Doctor) elasticsearch(ctx context.Context, r *Report, c *Config, db *store.Store) {
	const name = "Elasticsearch"
	if !c.Elastic.on() {
		return
	}
	cluster, err := reach(ctx, c)
	if err != nil {
		r.missing(name, "correct [elasticsearch] in "+d.ConfigFile+", or start Elasticsearch", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	b, err := db.Backlog(ctx)
	switch {
	case err != nil:
		r.missing(name, "see what the agent logs: journalctl -u postvagt-agent", "%v", err)
	case len(b.Refused) > 0:
		var reasons []string
		for _, reason := range slices.Sorted(maps.Keys(b.Refused)) {
			reasons = append(reasons, fmt.Sprintf("%d: %s", b.Refused[reason], reason))
		}
		step := "bring the templates up to date (postvagt-agent dashboards install), then restart the agent: it ships them again"
		if b.Refused[elastic.ReasonDiffers] > 0 {
			step = "if the database was copied back by hand, put it back with postvagt-agent restore: that ships everything anew"
		}
		r.missing(name, step, "%s: refuses %s", cluster, strings.Join(reasons, "; "))
	default:
		r.ok(name, "%s: %d transmissions wait, %d of deleted months were dropped", cluster, b.Waiting, b.Dropped)
	}
}

func reach(ctx context.Context, c *Config) (string, error) {
	connection, err := c.Elastic.connection()
	if err != nil {
		return "", err
	}
	client, err := elastic.Connect(connection)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cluster, err := client.Cluster(ctx)
	return cluster.Name + " " + cluster.Version.Number, err
}
