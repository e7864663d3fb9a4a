package elastic

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// notesAtOnce is how many notes one request holds.
const notesAtOnce = 500

// noteID is the _id of a note: two agents may be told the same.
func (s *Shipper) noteID(key string) string { return s.agent.Agent + "-" + key }

// note returns the JSON of a note as it is shipped, and the hash of its content. The addresses of senders and recipients
// leave as pseudonyms.
func (e *encoder) note(r *event.NoteRow, generation int64) (body []byte, hash string) {
	n := r.Note
	if (n.Kind == event.NoteOpenSender || n.Kind == event.NoteOpenRecipient) && !strings.HasPrefix(n.Name, pseudonymMark) {
		n.Name = e.pseudonym(n.Name)
	}
	if n.Department == "" {
		n.Department = dashboards.NoDepartment
	}
	b := []byte{'{'}
	for _, f := range event.NoteFields {
		text := ""
		switch at := f.At(&n).(type) {
		case *string:
			if text = *at; text == "" {
				continue
			}
		case *time.Time:
			text = at.UTC().Format("2006-01-02T15:04:05.000000Z")
		case *int64:
			b = strconv.AppendInt(append(b, `,"`+f.Name+`":`...), *at, 10)
			continue
		}
		b = appendString(append(b, `,"`+f.Name+`":`...), text)
	}
	b[1] = ' ' // the first comma
	sum := sha256.Sum256(b)
	hash = hex.EncodeToString(sum[:16])
	return fmt.Appendf(b, `,%q:%q,%q:%q,%q:%d,"postvagt.revision":%d,"postvagt.schema":%d,%q:%q}`,
		fieldHash, hash, fieldAgent, e.agent, fieldGeneration, generation, r.Revision, event.SchemaVersion, fieldECS, ecsVersion), hash
}

// noteMappings are strict as those of transmissions.
func noteMappings() object {
	properties := object{}
	for _, f := range event.NoteFields {
		put(properties, f.Name, mapping(event.Field{Type: f.Type}))
	}
	put(properties, fieldHash, object{"type": "keyword", "index": false, "doc_values": false})
	for name, kind := range map[string]string{fieldAgent: "keyword", fieldGeneration: "long", fieldECS: "keyword", "postvagt.revision": "long", "postvagt.schema": "long"} {
		put(properties, name, object{"type": kind})
	}
	return object{"dynamic": "strict", "_meta": object{"schema": event.SchemaVersion, "version": templateVersion}, "properties": properties}
}

// notes ships the notes that wait.
func (s *Shipper) notes(ctx context.Context, r *Report) error {
	if s.Notes != nil {
		if err := s.Notes(ctx); err != nil {
			return fmt.Errorf("notes: %w", err)
		}
	}
	after := ""
	for {
		rows, err := s.Store.UnshippedNotes(ctx, after, notesAtOnce)
		if err != nil || len(rows) == 0 {
			return err
		}
		if after == "" {
			made, err := s.openNotes(ctx)
			if err != nil {
				return err
			}
			if made {
				if err := s.Store.ShipNotesAgain(ctx); err != nil {
					return err
				}
				if rows, err = s.Store.UnshippedNotes(ctx, after, notesAtOnce); err != nil || len(rows) == 0 {
					return err
				}
			}
		}
		if err := s.someNotes(ctx, rows, r); err != nil {
			return err
		}
		after = rows[len(rows)-1].Note.Key
	}
}

// openNotes makes the index of the notes where there is none, and says whether it did.
func (s *Shipper) openNotes(ctx context.Context) (made bool, err error) {
	err = s.Client.do(ctx, http.MethodHead, "/"+dashboards.NotesIndex, nil, nil)
	if status(err) != http.StatusNotFound {
		return false, err
	}
	err = s.Client.do(ctx, http.MethodPut, "/"+dashboards.NotesIndex, nil, nil)
	if isType(err, "resource_already_exists_exception") {
		return false, nil // another agent was faster
	}
	return err == nil, err
}

// someNotes ships notes in one request, and stores what became of them.
func (s *Shipper) someNotes(ctx context.Context, rows []event.NoteRow, r *Report) error {
	var body bytes.Buffer
	hashes := make([]string, len(rows))
	for i := range rows {
		row := &rows[i]
		action := "index"
		if row.Gone {
			action = "delete"
		}
		fmt.Fprintf(&body, "{%q:{\"_id\":%q,\"version\":%d,\"version_type\":\"external\"}}\n", action, s.noteID(row.Note.Key), version(s.agent.Generation, row.Revision))
		if !row.Gone {
			document, hash := s.encoder.note(row, s.agent.Generation)
			hashes[i] = hash
			body.Write(append(document, '\n'))
		}
	}
	said, err := s.Client.bulk(ctx, dashboards.NotesIndex, &body)
	if err != nil {
		return err
	}
	if len(said) != len(rows) {
		return fmt.Errorf("elasticsearch: %d answers to %d notes", len(said), len(rows))
	}
	var receipts []event.NoteReceipt
	var conflicts []int
	for i, is := range said {
		done := event.NoteReceipt{Key: rows[i].Note.Key, Revision: rows[i].Revision}
		if is.Status < 300 || rows[i].Gone && is.Status == http.StatusNotFound && is.Error.Type == "" {
			receipts = append(receipts, done)
			continue
		}
		switch fateOf(is.Status, is.Error.Type) {
		case conflict:
			conflicts = append(conflicts, i)
		case refused:
			done.Refused = is.Error.Type
			receipts = append(receipts, done)
			r.Refused++
		default:
			r.Retried++
		}
	}
	settled, err := s.noteConflicts(ctx, rows, hashes, conflicts, r)
	if len(receipts)+len(settled) == 0 {
		return err
	}
	if stored := s.Store.NotesShipped(ctx, append(receipts, settled...)); stored != nil {
		return stored
	}
	return err
}

// noteConflicts looks at what is stored where a version is not lower than ours. The note is done if the content is the same,
// or if it is gone there too.
func (s *Shipper) noteConflicts(ctx context.Context, rows []event.NoteRow, hashes []string, at []int, r *Report) (receipts []event.NoteReceipt, err error) {
	if len(at) == 0 {
		return nil, nil
	}
	var ids []object
	for _, i := range at {
		ids = append(ids, object{"_index": dashboards.NotesIndex, "_id": s.noteID(rows[i].Note.Key), "_source": []string{fieldHash}})
	}
	said, err := s.Client.lookUp(ctx, ids)
	if err != nil {
		r.Retried += len(at)
		return nil, err
	}
	for n, i := range at {
		row, is := &rows[i], found{}
		if n < len(said) {
			is = said[n]
		}
		done := event.NoteReceipt{Key: row.Note.Key, Revision: row.Revision}
		switch {
		case row.Gone && !is.Found, !row.Gone && is.Found && is.Source.Hash == hashes[i]:
		case !is.Found || is.Version < version(s.agent.Generation, row.Revision):
			r.Retried++ // it was deleted or replaced in between
			continue
		default:
			done.Refused = ReasonDiffers
			r.Refused++
		}
		receipts = append(receipts, done)
	}
	return receipts, nil
}

// item is the answer to one action of a bulk request.
type item struct {
	Status int `json:"status"`
	Error  struct {
		Type string `json:"type"`
	} `json:"error"`
}

// bulk sends actions to an index and returns the answers in their order.
func (c *Client) bulk(ctx context.Context, index string, body *bytes.Buffer) ([]item, error) {
	path := "/" + index + "/_bulk?filter_path=errors,items.*.status,items.*.error.type&timeout=" + bulkTimeout.String()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, path, bytes.NewReader(body.Bytes()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	res, err := c.Perform(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var said struct {
		Items []map[string]item `json:"items"`
	}
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil {
		return nil, fmt.Errorf("elasticsearch: answer to a bulk request: %w", err)
	}
	all := make([]item, len(said.Items))
	for i, one := range said.Items {
		for _, is := range one {
			all[i] = is
		}
	}
	return all, nil
}
