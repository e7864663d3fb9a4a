package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Kibana is reached with the same credentials as Elasticsearch.
type Kibana struct {
	address string
	c       Connection
	client  *http.Client
}

// ConnectKibana makes a client for the Kibana at an address, which may hold a path.
func ConnectKibana(address string, c Connection) (*Kibana, error) {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return nil, fmt.Errorf("kibana: %q is no address such as https://kibana.example:5601", address)
	}
	security, err := c.tls()
	if err != nil {
		return nil, err
	}
	return &Kibana{strings.TrimSuffix(address, "/"), c, &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: security}}}, nil
}

func (k *Kibana) do(ctx context.Context, method, path, contentType string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, k.address+path, body)
	if err != nil {
		return err
	}
	k.sign(req)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := k.client.Do(req)
	if err != nil {
		return fmt.Errorf("kibana: %w", err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("kibana: %w", err)
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("kibana: %s %s: %s: %s", method, path, res.Status, said[:min(len(said), 500)])
	}
	if err := json.Unmarshal(said, out); err != nil {
		return fmt.Errorf("kibana: %s is not the address of a Kibana: %w", k.address, err)
	}
	return nil
}

// sign adds what Kibana wants of every request.
func (k *Kibana) sign(req *http.Request) {
	req.Header.Set("kbn-xsrf", "postvagt")
	switch {
	case k.c.APIKey != "":
		req.Header.Set("Authorization", "ApiKey "+k.c.APIKey)
	case k.c.Username != "":
		req.SetBasicAuth(k.c.Username, k.c.Password)
	}
}

// Version asks Kibana for its version; one before 8.9 is an error.
func (k *Kibana) Version(ctx context.Context) (string, error) {
	var said struct {
		Version struct {
			Number string `json:"number"`
		} `json:"version"`
	}
	if err := k.do(ctx, http.MethodGet, "/api/status", "", nil, &said); err != nil {
		return "", err
	}
	var major, minor int
	if _, err := fmt.Sscanf(said.Version.Number, "%d.%d", &major, &minor); err != nil {
		return "", fmt.Errorf("kibana: version %q is none", said.Version.Number)
	}
	if major < 8 || major == 8 && minor < 9 {
		return "", fmt.Errorf("kibana: version %s is too old, 8.9 or later is needed", said.Version.Number)
	}
	return said.Version.Number, nil
}

// imported is Kibana's answer to an import; 200 alone is no success.
type imported struct {
	Success bool `json:"success"`
	Count   int  `json:"successCount"`
	Results []struct {
		Type      string `json:"type"`
		ID        string `json:"id"`
		Overwrite bool   `json:"overwrite"`
	} `json:"successResults"`
	Errors []struct {
		Type  string `json:"type"`
		ID    string `json:"id"`
		Error struct {
			Type string `json:"type"`
		} `json:"error"`
	} `json:"errors"`
}

// Import puts saved objects, over those of the same ids, and says what it changed.
func (k *Kibana) Import(ctx context.Context, name string, ndjson []byte) (changed []string, err error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("file", name+".ndjson")
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(ndjson); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	var said imported
	if err := k.do(ctx, http.MethodPost, "/api/saved_objects/_import?overwrite=true", w.FormDataContentType(), &form, &said); err != nil {
		return nil, err
	}
	var errs []error
	for _, e := range said.Errors {
		errs = append(errs, fmt.Errorf("kibana: %s %s: %s", e.Type, e.ID, e.Error.Type))
	}
	if want := bytes.Count(ndjson, []byte("\n")); len(errs) == 0 && (!said.Success || said.Count != want) {
		errs = append(errs, fmt.Errorf("kibana: took %d of %d objects of %s", said.Count, want, name))
	}
	for _, r := range said.Results {
		what := "created"
		if r.Overwrite {
			what = "written again"
		}
		changed = append(changed, fmt.Sprintf("%s %s: %s", r.Type, r.ID, what))
	}
	return changed, errors.Join(errs...)
}
