package elastic

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
)

// Connection says how Elasticsearch is reached. One of Addresses and CloudID is given.
type Connection struct {
	Addresses          []string // https://node:9200
	CloudID            string
	APIKey             string // as Elasticsearch encodes it (base64 of id:key)
	Username, Password string
	CA                 []byte // PEM; nil for the system's
	Fingerprint        string // SHA-256, hex, of the node's certificate or of the authority that signed it
}

// Client talks to one cluster.
type Client struct{ base *elasticsearch.BaseClient }

// Error is an answer that is not a success. Type is Elasticsearch's name of it; the reason is left out, as it may
// quote a document.
type Error struct {
	Status int
	Type   string
}

func (e *Error) Error() string {
	said := fmt.Sprintf("Elasticsearch answers %d %s", e.Status, strings.ToLower(http.StatusText(e.Status)))
	if e.Type != "" {
		said += " (" + e.Type + ")"
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		said += ": the API key or password is not accepted"
	case e.Status == http.StatusForbidden && e.Type == "security_exception":
		said += ": the API key or user lacks a privilege"
	case e.Status == http.StatusRequestEntityTooLarge:
		said += ": something before Elasticsearch limits requests to less than the smallest that are sent"
	}
	return said
}

// Connect makes a client; nothing is sent yet.
func Connect(c Connection) (*Client, error) {
	security, err := c.tls()
	if err != nil {
		return nil, err
	}
	base, err := elasticsearch.NewBaseClient(elasticsearch.Config{
		Addresses: c.Addresses, CloudID: c.CloudID, APIKey: c.APIKey, Username: c.Username, Password: c.Password,
		DisableMetaHeader: true,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:     security,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 2 * time.Minute, IdleConnTimeout: 90 * time.Second,
			MaxIdleConnsPerHost: 4, ForceAttemptHTTP2: true,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	return &Client{base}, nil
}

func (c Connection) tls() (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA != nil {
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(c.CA) {
			return nil, errors.New("elasticsearch: the CA file holds no certificate in PEM")
		}
	}
	if c.Fingerprint == "" {
		return t, nil
	}
	want, err := hex.DecodeString(strings.ReplaceAll(c.Fingerprint, ":", ""))
	if err != nil || len(want) != sha256.Size {
		return nil, errors.New("elasticsearch: the fingerprint is not 64 hex digits, a SHA-256")
	}
	t.InsecureSkipVerify = true // instead of names and authorities, the fingerprint decides
	t.VerifyConnection = func(s tls.ConnectionState) error { return pinned(s.PeerCertificates, want, time.Now()) }
	return t, nil
}

// pinned accepts the certificate with the fingerprint, and one that was signed by it. That the pinned certificate is
// merely sent along is not enough: it is no secret.
func pinned(chain []*x509.Certificate, want []byte, now time.Time) error {
	pool := x509.NewCertPool()
	found := false
	for i, cert := range chain {
		if sum := sha256.Sum256(cert.Raw); !bytes.Equal(sum[:], want) {
			continue
		}
		if i == 0 {
			return nil
		}
		found = true
		pool.AddCert(cert)
	}
	if !found {
		return errors.New("no certificate of the node has the fingerprint that is configured")
	}
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: pool, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err
}

// Perform sends a request; every answer but a success is an *Error. It makes Client an esapi.Transport.
func (c *Client) Perform(req *http.Request) (*http.Response, error) {
	res, err := c.base.Perform(req)
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close()
	return nil, &Error{Status: res.StatusCode, Type: errorType(res.Body)}
}

func errorType(body io.Reader) string {
	var said struct {
		Error json.RawMessage `json:"error"`
	}
	var detail struct {
		Type string `json:"type"`
	}
	if json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(&said) != nil || json.Unmarshal(said.Error, &detail) != nil {
		return ""
	}
	return detail.Type
}

// do sends JSON and reads JSON; in and out may be nil.
func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, path, body)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.Perform(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("elasticsearch: answer to %s %s: %w", method, strings.SplitN(path, "?", 2)[0], err)
	}
	return nil
}

// status is the status of an *Error, 0 of anything else.
func status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

func isType(err error, name string) bool {
	var e *Error
	return errors.As(err, &e) && e.Type == name
}

// Cluster is what a cluster says of itself.
type Cluster struct {
	UUID    string `json:"cluster_uuid"`
	Name    string `json:"cluster_name"`
	Version struct {
		Number string `json:"number"`
	} `json:"version"`
}

// Cluster asks who answers. Anything older than Elasticsearch 8 is an error.
func (c *Client) Cluster(ctx context.Context) (Cluster, error) {
	var said Cluster
	if err := c.do(ctx, http.MethodGet, "/", nil, &said); err != nil {
		return said, err
	}
	var major int
	if _, err := fmt.Sscanf(said.Version.Number, "%d.", &major); err != nil || major < 8 {
		return said, fmt.Errorf("elasticsearch: version %q is too old, 8.0 or later is needed", said.Version.Number)
	}
	if said.UUID == "" || said.UUID == "_na_" {
		return said, errors.New("elasticsearch: the nodes have not formed a cluster yet")
	}
	return said, nil
}
