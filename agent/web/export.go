package web

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/report"
	"postvagt/agent/supervise"
)

// export sends a register as CSV or JSON: the last revision of each entry, with its author.
func (s *site) export(w http.ResponseWriter, r *http.Request) {
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	if !slices.Contains([]string{supervise.Measures, supervise.Controls, supervise.Samples}, name) || format != "csv" && format != "json" {
		s.fail(w, r, errNotFound)
		return
	}
	all, err := s.Store.Entries(r.Context(), name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var b bytes.Buffer
	if format == "json" {
		err = exportJSON(&b, all)
	} else {
		err = exportCSV(&b, all)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", report.MediaType(format))
	w.Header().Set("Content-Disposition", "attachment; filename="+strconv.Quote("postvagt-"+name+"."+format))
	w.Write(b.Bytes()) // a reader who left is no error
}

type exported struct {
	ID       string          `json:"id"`
	Revision int             `json:"revision"`
	At       string          `json:"at"`
	Author   string          `json:"author"`
	Entry    json.RawMessage `json:"entry"`
}

func exportJSON(b *bytes.Buffer, all []supervise.Entry) error {
	list := []exported{}
	for _, e := range all {
		list = append(list, exported{e.ID, e.Revision, e.At.Format(time.RFC3339), e.Author, e.Data})
	}
	enc := json.NewEncoder(b)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}

// exportCSV has a column for each field of an entry, in the order of the first entry that has them.
func exportCSV(b *bytes.Buffer, all []supervise.Entry) error {
	head := []string{}
	values := make([]map[string]json.RawMessage, len(all))
	for i, e := range all {
		if err := json.Unmarshal(e.Data, &values[i]); err != nil {
			return err
		}
		for name := range values[i] {
			if !slices.Contains(head, name) {
				head = append(head, name)
			}
		}
	}
	slices.Sort(head)
	c := csv.NewWriter(b)
	c.Write(append([]string{"id", "revision", "at", "author"}, head...)) // an error stays until Error
	for i, e := range all {
		line := []string{e.ID, strconv.Itoa(e.Revision), e.At.Format(time.RFC3339), e.Author}
		for _, name := range head {
			line = append(line, report.Harmless(plainJSON(values[i][name])))
		}
		c.Write(line)
	}
	c.Flush()
	return c.Error()
}

// plainJSON is a value as a cell shows it: a text without its quotes.
func plainJSON(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}
