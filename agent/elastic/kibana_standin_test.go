package elastic

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// standIn answers what the check asks of a Kibana, over the real Elasticsearch: it keeps what is imported, passes the console on,
// and draws panels where Kibana has them with what their aggregations say. It proves what the check says, not that
// Kibana can read the dashboards.
type standIn struct {
	*httptest.Server
	t       testing.TB
	version string
	login   bool // pages are a form to log in
	refuses bool // imports
	export  func([]byte) []byte
	broken  map[string]string // panel id -> gone, wrong, fails, waits

	mu      sync.Mutex
	objects []byte
	drawn   map[string][]drawnPanel
}

// drawnPanel is what the page draws.
type drawnPanel struct {
	ID     string           `json:"id"`
	Title  string           `json:"title"`
	Kind   string           `json:"kind"` // of visualisation
	Broken string           `json:"broken"`
	Rows   []map[string]any `json:"rows"`
	Order  []string         `json:"order"` // columns of a table
}

//go:embed testdata/standin.html
var standInPage []byte

func newStandIn(t testing.TB) *standIn {
	s := &standIn{t: t, version: "8.12.2", broken: map[string]string{}, drawn: map[string][]drawnPanel{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"version":{"number":%q}}`, s.version) })
	mux.HandleFunc("POST /api/saved_objects/_import", s.takes)
	mux.HandleFunc("POST /api/saved_objects/_export", s.gives)
	mux.HandleFunc("POST /api/console/proxy", s.console)
	mux.HandleFunc("POST /internal/security/login", func(w http.ResponseWriter, r *http.Request) {
		var said struct{ Params struct{ Password string } }
		if json.NewDecoder(r.Body).Decode(&said) != nil || said.Params.Password != "right" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	mux.HandleFunc("GET /app/dashboards", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if s.login {
			io.WriteString(w, `<form data-test-subj="loginForm"><input type="password"></form>`)
			return
		}
		w.Write(standInPage)
	})
	mux.HandleFunc("GET /drawn/{id}", s.draws)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *standIn) takes(w http.ResponseWriter, r *http.Request) {
	file, _, err := r.FormFile("file")
	if err != nil {
		s.t.Error(err)
		return
	}
	objects, err := io.ReadAll(file)
	if err != nil {
		s.t.Error(err)
	}
	if s.refuses {
		io.WriteString(w, `{"success":false,"successCount":0,"errors":[{"type":"dashboard","id":"postvagt-repeated-en","error":{"type":"missing_references"}}]}`)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects = objects
	fmt.Fprintf(w, `{"success":true,"successCount":%d}`, bytes.Count(objects, []byte("\n")))
}

func (s *standIn) gives(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := append(bytes.Clone(s.objects), `{"exportedCount":9,"missingRefCount":0,"missingReferences":[]}`+"\n"...)
	if s.export != nil {
		out = s.export(out)
	}
	w.Write(out)
}

func (s *standIn) console(w http.ResponseWriter, r *http.Request) {
	res, err := server(s.t).Do(r.Context(), r.URL.Query().Get("method"), r.URL.Query().Get("path"), r.Body)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer res.Body.Close()
	w.WriteHeader(res.StatusCode)
	io.Copy(w, res.Body)
}

// draws tells the page what stands on a dashboard.
func (s *standIn) draws(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("id")
	if s.drawn[id] == nil {
		s.drawn[id] = s.panels(id)
	}
	all := append([]drawnPanel{}, s.drawn[id]...)
	for i := range all {
		all[i].Broken = s.broken[all[i].ID]
	}
	if err := json.NewEncoder(w).Encode(all); err != nil {
		s.t.Error(err)
	}
}

func (s *standIn) panels(id string) (all []drawnPanel) {
	objects, err := readObjects(s.objects)
	if err != nil {
		s.t.Error(err)
	}
	for _, o := range objects {
		if o.ID != id {
			continue
		}
		var panels []struct {
			panel
			Title string
		}
		text, _ := o.Attributes["panelsJSON"].(string)
		if err := json.Unmarshal([]byte(text), &panels); err != nil {
			s.t.Error(err)
		}
		for _, p := range panels {
			for _, layer := range p.EmbeddableConfig.Attributes.State.DatasourceStates.FormBased.Layers {
				all = append(all, s.panel(p.PanelIndex, p.Title, p.panel, layer))
			}
		}
	}
	return all
}

func (s *standIn) panel(id, title string, p panel, layer lensLayer) drawnPanel {
	d := drawnPanel{ID: id, Title: title, Kind: p.EmbeddableConfig.Attributes.VisualizationType}
	for _, c := range []string{"part", "whole", "value"} {
		if _, there := layer.Columns[c]; there {
			d.Order = append(d.Order, c)
		}
	}
	for key, values := range layer.rows(s.t, knownAgent) {
		row := map[string]any{"key": key}
		for c, v := range values {
			if v == v { // no share of nothing
				row[c] = v
			}
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

func (s *standIn) check(password string) *kibanaCheck {
	c := Connection{}
	if password != "" {
		c.Username, c.Password = "anna", password
	}
	kibana, err := ConnectKibana(s.URL, c)
	if err != nil {
		s.t.Fatal(err)
	}
	return &kibanaCheck{s.t, kibana, kibanaPatience, []string{"en"}, s.t.Logf}
}

// says requires that one of the errors holds a text.
func says(t *testing.T, name string, wrong []error, want string) {
	t.Helper()
	var all []string
	for _, err := range wrong {
		all = append(all, err.Error())
	}
	if !strings.Contains(strings.Join(all, "\n"), want) {
		t.Errorf("%s: want %q in\n%s", name, want, strings.Join(all, "\n"))
	}
}
