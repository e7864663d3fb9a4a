package agent

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"strings"

	"postvagt/agent/elastic"
	"postvagt/milter/program"
)

// Elasticsearch is the cluster that transmissions are shipped to.
type Elasticsearch struct {
	URLs         []string `toml:"urls" doc:"Nodes, as https://es1.example:9200. None and no cloud_id: nothing is shipped."`
	CloudID      string   `toml:"cloud_id" doc:"Instead of urls, of an Elastic Cloud deployment."`
	APIKeyFile   string   `toml:"api_key_file" doc:"File with the API key as Elasticsearch encodes it."`
	Username     string   `toml:"username" doc:"Instead of an API key."`
	PasswordFile string   `toml:"password_file" doc:"File with the password of username."`
	CAFile       string   `toml:"ca_file" doc:"Certificate of the authority that signed the nodes' (PEM), \"\" for the system's."`
	Fingerprint  string   `toml:"fingerprint" doc:"SHA-256 of that certificate or of the node's own, instead of names and authorities."`
}

// on says that there is something to ship to.
func (e *Elasticsearch) on() bool { return len(e.URLs) > 0 || e.CloudID != "" }

func (c *Config) checkElasticsearch(fault func(key, format string, args ...any)) {
	e := &c.Elastic
	for _, u := range e.URLs {
		at, err := url.Parse(u)
		switch {
		case err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https":
			fault("elasticsearch.urls", "%q is not a node such as https://es1.example:9200", u)
		case at.User != nil:
			fault("elasticsearch.urls", "a password does not belong into an address: use username and password_file")
		case at.Scheme == "http" && !loopback(at.Hostname()):
			fault("elasticsearch.urls", "%q is not encrypted: use https, or http on the loopback only", u)
		}
	}
	if len(e.URLs) > 0 && e.CloudID != "" {
		fault("elasticsearch.cloud_id", "is given beside urls: one of the two")
	}
	if e.CloudID != "" {
		if _, err := elastic.Connect(elastic.Connection{CloudID: e.CloudID}); err != nil {
			fault("elasticsearch.cloud_id", "is not a cloud id as the page of the deployment shows it, its name, a colon and base64")
		}
	}
	if e.APIKeyFile != "" && e.Username != "" {
		fault("elasticsearch.username", "is given beside api_key_file: one of the two")
	}
	if (e.Username == "") != (e.PasswordFile == "") {
		fault("elasticsearch.username", "username and password_file belong together")
	}
	if print, err := hex.DecodeString(strings.ReplaceAll(e.Fingerprint, ":", "")); err != nil || e.Fingerprint != "" && len(print) != 32 {
		fault("elasticsearch.fingerprint", "is not 64 hex digits, a SHA-256")
	}
	if e.CAFile != "" && e.Fingerprint != "" {
		fault("elasticsearch.fingerprint", "is given beside ca_file: one of the two")
	}
}

// connection reads the files that the configuration names.
func (e *Elasticsearch) connection() (c elastic.Connection, err error) {
	c = elastic.Connection{Addresses: e.URLs, CloudID: e.CloudID, Username: e.Username, Fingerprint: e.Fingerprint}
	var errs []error
	read := func(path string) []byte {
		if path == "" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			errs = append(errs, program.Unreadable(path, err))
			return nil
		}
		if b = bytes.TrimSpace(b); len(b) == 0 {
			errs = append(errs, &program.Error{File: path, Reason: "is empty"})
		}
		return b
	}
	c.APIKey, c.Password, c.CA = string(read(e.APIKeyFile)), string(read(e.PasswordFile)), read(e.CAFile)
	return c, errors.Join(errs...)
}
