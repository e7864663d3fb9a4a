package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"postvagt/agent/elastic"
	"postvagt/dashboards"
)

// ExportDashboards writes what dashboards install would bring, as files: the saved objects of each language, to be
// imported in Kibana, and the templates, to be put to Elasticsearch. Files of the same names are replaced. With ranking,
// senders are compared with each other: see Persons.Ranking.
func ExportDashboards(dir string, ranking bool, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	write := func(name string, data []byte) error {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		_, err := fmt.Fprintln(out, path)
		return err
	}
	for _, lang := range dashboards.Languages() {
		objects, err := dashboards.SavedObjects(lang, ranking)
		if err != nil {
			return err
		}
		if err := write("postvagt-"+lang+".ndjson", objects); err != nil {
			return err
		}
	}
	for _, t := range elastic.Templates() {
		body, err := json.MarshalIndent(t.Body, "", "  ")
		if err != nil {
			return err
		}
		if err := write(strings.ReplaceAll(strings.Trim(t.Path, "/_"), "/", "-")+".json", append(body, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// DashboardsInstall says where dashboards are installed.
type DashboardsInstall struct {
	Elasticsearch string   // address, "" for that of the configuration
	Kibana        string   // address, "" for templates only
	Langs         []string // of dashboards.Languages()
}

// InstallDashboards brings templates, indices and dashboards up to date, and says what it changed.
func InstallDashboards(ctx context.Context, c *Config, to DashboardsInstall, out io.Writer) error {
	connection, err := c.Elastic.connection()
	if err != nil {
		return err
	}
	if to.Elasticsearch != "" {
		connection.Addresses, connection.CloudID = []string{to.Elasticsearch}, ""
	}
	if len(connection.Addresses) == 0 && connection.CloudID == "" {
		return errors.New("which Elasticsearch? Say --elasticsearch URL, or set urls in [elasticsearch]")
	}
	client, err := elastic.Connect(connection)
	if err != nil {
		return err
	}
	cluster, err := client.Cluster(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Elasticsearch %s, cluster %s\n", cluster.Version.Number, cluster.Name)
	changed, err := client.EnsureTemplates(ctx)
	if err == nil {
		var more []string
		more, err = client.Upgrade(ctx)
		changed = append(changed, more...)
	}
	say(out, changed)
	if err != nil || to.Kibana == "" {
		return err
	}
	return installObjects(ctx, to, connection, c.Persons.Ranking(), out)
}

func say(out io.Writer, changed []string) {
	for _, line := range changed {
		fmt.Fprintln(out, "  "+line)
	}
	if len(changed) == 0 {
		fmt.Fprintln(out, "  nothing to change")
	}
}

func installObjects(ctx context.Context, to DashboardsInstall, connection elastic.Connection, ranking bool, out io.Writer) error {
	kibana, err := elastic.ConnectKibana(to.Kibana, connection)
	if err != nil {
		return err
	}
	version, err := kibana.Version(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Kibana %s\n", version)
	if !ranking {
		fmt.Fprintln(out, "  the table of senders is left out: [persons] of the configuration is not filled in, or its country is no")
	}
	for _, lang := range to.Langs {
		objects, err := dashboards.SavedObjects(lang, ranking)
		if err != nil {
			return err
		}
		changed, err := kibana.Import(ctx, "postvagt-"+lang, objects)
		say(out, changed)
		if err != nil {
			return err
		}
	}
	return nil
}
