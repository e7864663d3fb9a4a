package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// stored is what an index says of its form.
type stored struct {
	Mappings struct {
		Meta struct {
			Schema  int `json:"schema"`
			Version int `json:"version"`
		} `json:"_meta"`
	} `json:"mappings"`
}

func (c *Client) forms(ctx context.Context) (map[string]stored, error) {
	var said map[string]stored
	err := c.do(ctx, http.MethodGet, "/"+shippedIndices+"/_mapping?ignore_unavailable=true", nil, &said)
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	return said, err
}

// widen adds the fields that indices of an older template lack. Those of an older schema wait for Upgrade.
func (c *Client) widen(ctx context.Context) error {
	forms, err := c.forms(ctx)
	if err != nil {
		return err
	}
	for name, is := range forms {
		if is.Mappings.Meta.Schema != event.SchemaVersion || is.Mappings.Meta.Version >= templateVersion {
			continue
		}
		fields := mappings()
		if ofNotes(name) {
			fields = noteMappings()
		}
		if err := c.do(ctx, http.MethodPut, "/"+name+"/_mapping", fields, nil); err != nil {
			return fmt.Errorf("fields of %s: %w", name, err)
		}
	}
	return nil
}

// Upgrade brings the indices of an older schema to ours, by copying them, and says what it did. Agents that ship
// meanwhile wait.
func (c *Client) Upgrade(ctx context.Context) (changed []string, err error) {
	forms, err := c.forms(ctx)
	if err != nil {
		return nil, err
	}
	months, err := c.held(ctx)
	if err != nil {
		return nil, err
	}
	for name, is := range forms {
		month, ours := months[name]
		if !ours && !ofNotes(name) || is.Mappings.Meta.Schema >= event.SchemaVersion {
			continue
		}
		to, alias := fmt.Sprintf("%s%s-s%d", copyPrefix, month, event.SchemaVersion), index(month)
		if ofNotes(name) {
			to, alias = fmt.Sprintf("%s%d", notesCopyPrefix, event.SchemaVersion), dashboards.NotesIndex
		}
		n, err := c.copy(ctx, name, to, alias)
		if err != nil {
			return changed, fmt.Errorf("upgrade of %s: %w", name, err)
		}
		changed = append(changed, fmt.Sprintf("index %s: %d documents brought from schema %d to %d", alias, n, is.Mappings.Meta.Schema, event.SchemaVersion))
	}
	slices.Sort(changed)
	return changed, nil
}

// ofNotes says whether an index, or the copy of one, holds notes.
func ofNotes(name string) bool {
	return name == dashboards.NotesIndex || strings.HasPrefix(name, notesCopyPrefix)
}

// copy replaces an index by a copy in the new form. Until the last step the original serves all readers, and a failure
// lets it be written again.
func (c *Client) copy(ctx context.Context, name, to, alias string) (n int64, err error) {
	if err := c.do(ctx, http.MethodPut, "/"+name+"/_block/write", nil, nil); err != nil {
		return 0, err
	}
	defer func() {
		if err == nil {
			return
		}
		ctx := context.WithoutCancel(ctx)
		_ = c.do(ctx, http.MethodPut, "/"+name+"/_settings", object{"index.blocks.write": nil}, nil) // the first error says more
		_ = c.do(ctx, http.MethodDelete, "/"+to, nil, nil)
	}()
	if err := c.do(ctx, http.MethodDelete, "/"+to, nil, nil); err != nil && status(err) != http.StatusNotFound {
		return 0, err // of an attempt that was cut off
	}
	if err := c.do(ctx, http.MethodPut, "/"+to, nil, nil); err != nil {
		return 0, err
	}
	there, err := c.count(ctx, name)
	if err != nil {
		return 0, err
	}
	if n, err = c.reindex(ctx, name, to); err != nil {
		return n, err
	}
	if n != there {
		return n, fmt.Errorf("%d of %d documents were copied; the original stays", n, there)
	}
	actions := []object{{"remove_index": object{"index": name}}, {"add": object{"index": to, "alias": alias, "is_write_index": true}}}
	return n, c.do(ctx, http.MethodPost, "/_aliases", object{"actions": actions}, nil)
}

// count counts the documents of an index, those too that searches and copies do not see yet.
func (c *Client) count(ctx context.Context, name string) (int64, error) {
	if err := c.do(ctx, http.MethodPost, "/"+name+"/_refresh", nil, nil); err != nil {
		return 0, err
	}
	var said struct {
		Count  int64 `json:"count"`
		Shards struct {
			Failed int `json:"failed"`
		} `json:"_shards"`
	}
	err := c.do(ctx, http.MethodGet, "/"+name+"/_count", nil, &said)
	if err == nil && said.Shards.Failed > 0 {
		err = fmt.Errorf("a shard of %s is not there", name)
	}
	return said.Count, err
}

// reindex copies all documents with their versions, as a task of the cluster.
func (c *Client) reindex(ctx context.Context, from, to string) (int64, error) {
	var task struct {
		Task string `json:"task"`
	}
	err := c.do(ctx, http.MethodPost, "/_reindex?wait_for_completion=false&refresh=true", object{
		"source": object{"index": from},
		"dest":   object{"index": to, "version_type": "external"},
		"script": object{"lang": "painless", "source": "ctx._source['postvagt.schema'] = params.schema", "params": object{"schema": event.SchemaVersion}},
	}, &task)
	if err != nil {
		return 0, err
	}
	for {
		var said struct {
			Completed bool `json:"completed"`
			Response  struct {
				Created, Updated int64
				Failures         []json.RawMessage `json:"failures"`
			} `json:"response"`
			Error *struct {
				Type string `json:"type"`
			} `json:"error"`
		}
		if err := c.do(ctx, http.MethodGet, "/_tasks/"+task.Task+"?wait_for_completion=true&timeout=30s", nil, &said); err != nil && status(err) != http.StatusRequestTimeout {
			return 0, err
		}
		switch {
		case said.Error != nil:
			return 0, &Error{Status: http.StatusInternalServerError, Type: said.Error.Type}
		case len(said.Response.Failures) > 0:
			return 0, fmt.Errorf("%d documents do not fit the new form", len(said.Response.Failures))
		case said.Completed:
			return said.Response.Created + said.Response.Updated, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
