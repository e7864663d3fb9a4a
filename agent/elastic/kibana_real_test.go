//go:build kibana

package elastic

import (
	"os"
	"testing"
	"time"

	"postvagt/dashboards"
)

// TestKibanaCheck is make kibana-check. Credentials: KIBANA_USERNAME and KIBANA_PASSWORD, or KIBANA_API_KEY; KIBANA_CA names the
// file of an authority.
func TestKibanaCheck(t *testing.T) {
	at := os.Getenv("KIBANA_URL")
	if at == "" {
		t.Fatal("which Kibana? KIBANA_URL=https://kibana.example:5601")
	}
	c := Connection{Username: os.Getenv("KIBANA_USERNAME"), Password: os.Getenv("KIBANA_PASSWORD"), APIKey: os.Getenv("KIBANA_API_KEY")}
	if file := os.Getenv("KIBANA_CA"); file != "" {
		var err error
		if c.CA, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	kibana, err := ConnectKibana(at, c)
	if err != nil {
		t.Fatal(err)
	}
	check := &kibanaCheck{t, kibana, 2 * time.Minute, dashboards.Languages(), t.Logf}
	for _, problem := range check.run(t.Context()) {
		t.Error(problem)
	}
}
