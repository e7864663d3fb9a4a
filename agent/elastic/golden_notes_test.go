package elastic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// told makes up what was told beside the mails.
func (g *teller) told() (all []event.Note) {
	r := g.Rand
	for i := range 400 {
		n := event.Note{
			Key: fmt.Sprintf("%032x", i), Time: g.from.Add(time.Duration(r.Int64N(int64(g.days) * 24 * int64(time.Hour)))).Truncate(time.Microsecond),
			Kind:       one(r, event.NoteMeasure, event.NoteReported, event.NoteMailboxes, event.NoteLostLines, event.NoteUnknownLines, event.NoteLag),
			Department: one(r, "", "Jobcenter", "Børn og Unge"), Count: 1 + r.Int64N(2000),
		}
		switch n.Kind {
		case event.NoteMeasure:
			n.What, n.Count = one(r, "instruction", "course", "technical", "complaint"), 1
		case event.NoteReported:
			n.Channel, n.Source = one(r, "Digital Post", "brev \"B\""), one(r, "Posthuset", "NgDP")
		case event.NoteLostLines, event.NoteUnknownLines:
			n.Name = one(r, "/var/log/mail.log", "journal", "postfix/smtpd")
		}
		all = append(all, n)
	}
	return all
}

// opened makes up who sent openly, and to whom, where no transmissions tell it.
func (g *teller) opened() (all []event.Note) {
	for i := range 60 {
		all = append(all, event.Note{Key: fmt.Sprintf("open%d", i), Time: g.from.Add(time.Duration(g.IntN(g.days)) * 24 * time.Hour), Kind: one(g.Rand, event.NoteOpenSender, event.NoteOpenRecipient),
			What: one(g.Rand, event.NoteNew, event.NoteKnown), Name: fmt.Sprintf("~%016x", g.IntN(9)), Count: 1 + g.Int64N(5)})
	}
	return all
}

// note counts a note.
func (t *truth) note(n *event.Note) {
	day, month := n.Time.Format(time.DateOnly), monthOf(n.Time)
	switch n.Kind {
	case event.NoteMeasure:
		t.add("measures", n.What, 1, 0)
	case event.NoteReported:
		for id, key := range map[string]string{"reported-channels": n.Channel, "reported-departments": n.Department, "reported-sources": n.Source, "reported-monthly": month} {
			t.add(id, key, n.Count, 0)
		}
	case event.NoteMailboxes:
		t.add("secure-mailboxes-stock", month, n.Count, 0)
	case event.NoteLostLines:
		t.add("lost-lines", "", n.Count, 0)
		t.add("lost-lines-daily", day, n.Count, 0)
		t.add("lost-lines-sources", n.Name, n.Count, 0)
	case event.NoteLag:
		t.add("lag-daily", day, n.Count, 0)
	case event.NoteUnknownLines:
		t.add("unknown-lines-daily", day, n.Count, 0)
		t.add("unknown-lines-programs", n.Name, n.Count, 0)
	case event.NoteOpenSender, event.NoteOpenRecipient:
		t.opened(map[string]string{event.NoteOpenSender: "senders", event.NoteOpenRecipient: "recipients"}[n.Kind], n.What, n.Name, month)
	}
}

func (t *truth) opened(who, what, name, month string) {
	t.different(what+"-"+who, "", name)
	t.different(what+"-"+who+"-monthly", month, name)
}

// openedIn remembers that somebody sent openly, or was sent, in a month; settle tells new and known ones apart.
func (t *truth) openedIn(who, name, month string) {
	if t.months[who] == nil {
		t.months[who] = map[string]map[string]bool{}
	}
	if t.months[who][name] == nil {
		t.months[who][name] = map[string]bool{}
	}
	t.months[who][name][month] = true
}

func (t *truth) settle() {
	for who, names := range t.months {
		for name, months := range names {
			first := "9999"
			for m := range months {
				first = min(first, m)
			}
			for m := range months {
				what := "known"
				if m == first {
					what = "new"
				}
				t.opened(who, what, name, m)
			}
		}
	}
}

// notesOf are notes one after the other.
func notesOf(all ...event.Note) iter.Seq2[event.Note, error] {
	return func(yield func(event.Note, error) bool) {
		for _, n := range all {
			if !yield(n, nil) {
				return
			}
		}
	}
}

// putNotes gives the store what was told, and what its transmissions tell.
func (h *house) putNotes(told []event.Note) {
	h.t.Helper()
	if _, err := h.PutNotes(h.t.Context(), func(yield func(event.Note, error) bool) {
		notesOf(told...)(yield)
		h.OpenNotes(h.t.Context())(yield)
	}); err != nil {
		h.t.Fatal(err)
	}
}

// noteDocuments are all notes of this store in the cluster, by what they tell.
func (h *house) noteDocuments() map[string]event.NoteRow {
	h.t.Helper()
	ask(h.t, http.MethodPost, "/"+dashboards.NotesIndex+"/_refresh", "")
	res, err := server(h.t).Do(h.t.Context(), http.MethodPost, "/"+dashboards.NotesIndex+"/_search",
		bytes.NewReader(fmt.Appendf(nil, `{"size":5000,"version":true,"query":{"term":{"postvagt.agent":%q}}}`, h.ship.agent.Agent)))
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	var said struct {
		Hits struct {
			Hits []struct {
				ID      string `json:"_id"`
				Version int64  `json:"_version"`
				Source  struct {
					Key   string `json:"event.id"`
					Name  string `json:"postvagt.name"`
					Count int64  `json:"postvagt.count"`
				} `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || json.Unmarshal(body, &said) != nil {
		h.t.Fatalf("notes: %v %.300s", err, body)
	}
	all := map[string]event.NoteRow{}
	for _, d := range said.Hits.Hits {
		if d.ID != h.ship.noteID(d.Source.Key) {
			h.t.Errorf("a note has the id %s", d.ID)
		}
		all[d.Source.Key] = event.NoteRow{Note: event.Note{Key: d.Source.Key, Name: d.Source.Name, Count: d.Source.Count}, Revision: d.Version}
	}
	return all
}

// Notes are shipped once, changed, deleted, shipped again where their index was lost or the database restored; what the cluster
// refuses is counted.
func TestNotesAreShipped(t *testing.T) {
	h := newHouse(t)
	h.round()
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	sender := event.Note{Key: "a1", Time: at, Kind: event.NoteOpenSender, What: event.NoteNew, Name: "anna@nordvig.example", Count: 1}
	figure := event.Note{Key: "b2", Time: at, Kind: event.NoteReported, Channel: "Digital Post", Source: "NgDP", Count: 7}
	put := func(all ...event.Note) {
		t.Helper()
		if _, err := h.PutNotes(t.Context(), notesOf(all...)); err != nil {
			t.Fatal(err)
		}
		if r := h.round(); r.Refused+r.Retried != 0 {
			t.Fatalf("%+v", r)
		}
		if n := h.waiting(); n != 0 {
			t.Errorf("%d wait", n)
		}
	}
	require := func(revisions map[string]int64) {
		t.Helper()
		there := h.noteDocuments()
		for key, revision := range revisions {
			if got := there[key].Revision; got != version(h.ship.agent.Generation, revision) {
				t.Errorf("note %s has version %d, not revision %d", key, got, revision)
			}
			delete(there, key)
		}
		if len(there) != 0 {
			t.Errorf("there too: %v", there)
		}
	}
	put(sender, figure)
	require(map[string]int64{"a1": 1, "b2": 1})
	if name := h.noteDocuments()["a1"].Note.Name; name == sender.Name || name == "" || name[0] != '~' {
		t.Errorf("the sender leaves as %q", name)
	}
	put(sender, figure) // nothing changes
	require(map[string]int64{"a1": 1, "b2": 1})
	figure.Count = 8
	put(figure) // one changes, one goes
	require(map[string]int64{"b2": 2})
	put(sender, figure) // and comes again
	require(map[string]int64{"a1": 3, "b2": 2})

	// A restart in between ships again what arrived: the cluster has it.
	if err := h.ShipNotesAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(sender, figure)
	require(map[string]int64{"a1": 3, "b2": 2})

	// The index is lost.
	ask(t, http.MethodDelete, "/"+dashboards.NotesIndex, "")
	figure.Count = 9
	put(sender, figure)
	require(map[string]int64{"a1": 3, "b2": 3})
	if there := h.noteDocuments(); there["b2"].Note.Count != 9 {
		t.Errorf("%+v", there)
	}

	// Another content under a version of ours is a finding.
	other := object{"event.id": "b2", "@timestamp": at, "postvagt.count": 1, fieldHash: "other", fieldAgent: h.ship.agent.Agent}
	body, _ := json.Marshal(other)
	ask(t, http.MethodPut, fmt.Sprintf("/%s/_doc/%s?version=%d&version_type=external", dashboards.NotesIndex, h.ship.noteID("b2"), version(h.ship.agent.Generation, 9)), string(body))
	figure.Count = 10
	if _, err := h.PutNotes(t.Context(), notesOf(sender, figure)); err != nil {
		t.Fatal(err)
	}
	if r := h.round(); r.Refused != 1 {
		t.Errorf("%+v", r)
	}
	if b, err := h.Backlog(t.Context()); err != nil || b.Refused[ReasonDiffers] != 1 || b.Waiting != 0 {
		t.Errorf("%+v %v", b, err)
	}
}

// The marks on the trends are the measures of their kinds, asked as Kibana asks.
func (h *house) marks(t *testing.T, golden *truth) {
	t.Helper()
	objects, err := dashboards.SavedObjects("en", true)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]int64{} // query -> documents
	for line := range bytes.Lines(objects) {
		var o struct {
			Attributes struct{ PanelsJSON string }
		}
		var panels []struct {
			EmbeddableConfig struct {
				Attributes struct {
					State struct {
						Visualization struct {
							Layers []struct {
								Annotations []struct {
									Filter struct{ Query string }
								}
							}
						}
					}
				}
			}
		}
		if json.Unmarshal(line, &o) != nil || o.Attributes.PanelsJSON == "" || json.Unmarshal([]byte(o.Attributes.PanelsJSON), &panels) != nil {
			continue
		}
		for _, p := range panels {
			for _, layer := range p.EmbeddableConfig.Attributes.State.Visualization.Layers {
				for _, mark := range layer.Annotations {
					asked[mark.Filter.Query] = 0
				}
			}
		}
	}
	total, want := int64(0), int64(0)
	for query := range asked {
		q, err := json.Marshal(object{"query": object{"bool": object{"filter": []object{kql(t, query), {"term": object{fieldAgent: h.ship.agent.Agent}}}}}})
		if err != nil {
			t.Fatal(err)
		}
		n, _ := ask(t, http.MethodPost, "/"+dashboards.NotesIndex+"/_count", string(q))["count"].(float64)
		total += int64(n)
	}
	for _, r := range golden.rows["measures"] {
		want += r.Count
	}
	if total != want || want == 0 || len(asked) < 7 {
		t.Errorf("%d marks of %d kinds, %d measures were taken", total, len(asked), want)
	}
}
