package elastic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// index is the name that a month's documents are written and read by.
func index(month string) string { return indexPrefix + month }

var monthForm = regexp.MustCompile(`^\d{4}\.\d{2}$`)

// months knows which months have an index. It is used by one goroutine.
type months struct {
	client  *Client
	store   Store
	deleted map[string]bool // known months: whether their index was deleted
	before  string          // the first month that the retention keeps, "" for all
}

// open makes sure that a month can be written to, and says no where it was deleted.
func (m *months) open(ctx context.Context, month string, archive bool) (bool, error) {
	if deleted, known := m.deleted[month]; known {
		return !deleted, nil
	}
	if !monthForm.MatchString(month) {
		return false, fmt.Errorf("elasticsearch: a transmission has the month %q", month)
	}
	err := m.client.do(ctx, http.MethodHead, "/"+index(month), nil, nil)
	switch {
	case err == nil:
	case status(err) != http.StatusNotFound:
		return false, err
	case month < m.before && !archive:
		return false, m.set(ctx, month, true)
	default:
		err := m.client.do(ctx, http.MethodPut, "/"+index(month), nil, nil)
		if err != nil && !isType(err, "resource_already_exists_exception") {
			return false, err
		}
	}
	return true, m.set(ctx, month, false)
}

// gone notes that the index of a month was deleted.
func (m *months) gone(ctx context.Context, month string) error { return m.set(ctx, month, true) }

func (m *months) set(ctx context.Context, month string, deleted bool) error {
	if err := m.store.SetMonth(ctx, month, deleted); err != nil {
		return err
	}
	m.deleted[month] = deleted
	return nil
}

// held maps the concrete indices that hold transmissions to their months.
func (c *Client) held(ctx context.Context) (map[string]string, error) {
	var said map[string]struct {
		Aliases map[string]any `json:"aliases"`
	}
	err := c.do(ctx, http.MethodGet, "/"+allIndices+"/_alias", nil, &said)
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for name, is := range said {
		for alias := range is.Aliases {
			if month, ours := strings.CutPrefix(alias, indexPrefix); ours && monthForm.MatchString(month) && strings.HasPrefix(name, copyPrefix) {
				all[name] = month
			}
		}
		if month, ours := strings.CutPrefix(name, indexPrefix); ours && monthForm.MatchString(month) {
			all[name] = month
		}
	}
	return all, nil
}

// firstKept is the month of which something is kept when all before a moment goes.
func firstKept(before time.Time) string { return before.UTC().AddDate(0, 0, -1).Format("2006.01") }

// retain deletes the indices of months that lie wholly before a moment, but for those with imported archives.
func (m *months) retain(ctx context.Context, before time.Time) (deleted []string, err error) {
	m.before = firstKept(before)
	held, err := m.client.held(ctx)
	if err != nil {
		return nil, err
	}
	for name, month := range held {
		if month >= m.before {
			continue
		}
		kept, err := m.archived(ctx, name)
		if err != nil {
			return deleted, err
		}
		if kept {
			continue
		}
		if err := m.client.do(ctx, http.MethodDelete, "/"+name, nil, nil); err != nil && status(err) != http.StatusNotFound {
			return deleted, fmt.Errorf("retention of %s: %w", name, err)
		}
		if err := m.gone(ctx, month); err != nil {
			return deleted, err
		}
		deleted = append(deleted, name)
	}
	slices.Sort(deleted)
	return deleted, nil
}

// archived says whether an index holds documents of archives that were not released.
func (m *months) archived(ctx context.Context, name string) (bool, error) {
	if err := m.client.do(ctx, http.MethodPost, "/"+name+"/_refresh", nil, nil); err != nil {
		return false, err
	}
	var said struct {
		Count  int64 `json:"count"`
		Shards struct {
			Failed int `json:"failed"`
		} `json:"_shards"`
	}
	err := m.client.do(ctx, http.MethodPost, "/"+name+"/_count", object{"query": object{"term": object{fieldArchive: true}}}, &said)
	if err == nil && said.Shards.Failed > 0 {
		err = fmt.Errorf("elasticsearch: a shard of %s is not there; nothing is deleted on a guess", name)
	}
	return said.Count > 0, err
}

// orphans deletes what this store shipped in earlier generations and has no row for any more: the rows were shipped
// anew before.
func (c *Client) orphans(ctx context.Context, agent string, generation int64) (int64, error) {
	if err := c.do(ctx, http.MethodPost, "/"+shippedIndices+"/_refresh?ignore_unavailable=true", nil, nil); err != nil {
		return 0, err
	}
	var said struct {
		Deleted  int64 `json:"deleted"`
		Failures []any `json:"failures"`
	}
	err := c.do(ctx, http.MethodPost, "/"+shippedIndices+"/_delete_by_query?ignore_unavailable=true&conflicts=proceed&refresh=true", object{"query": object{"bool": object{"filter": []object{
		{"term": object{fieldAgent: agent}}, {"range": object{fieldGeneration: object{"lt": generation}}},
	}}}}, &said)
	if err == nil && len(said.Failures) > 0 {
		err = errors.New("elasticsearch: documents of before the restore cannot be deleted yet")
	}
	return said.Deleted, err
}

// highest is the highest generation of an agent's documents in the cluster, 0 for none.
func (c *Client) highest(ctx context.Context, agent string) (int64, error) {
	if err := c.do(ctx, http.MethodPost, "/"+shippedIndices+"/_refresh?ignore_unavailable=true", nil, nil); err != nil {
		return 0, err
	}
	var said struct {
		Aggregations struct {
			Highest struct {
				Value *float64 `json:"value"`
			} `json:"highest"`
		} `json:"aggregations"`
	}
	err := c.do(ctx, http.MethodPost, "/"+shippedIndices+"/_search?ignore_unavailable=true&size=0&allow_partial_search_results=false", object{
		"query": object{"term": object{fieldAgent: agent}}, "aggs": object{"highest": object{"max": object{"field": fieldGeneration}}},
	}, &said)
	if err != nil || said.Aggregations.Highest.Value == nil {
		return 0, err
	}
	return int64(*said.Aggregations.Highest.Value), nil
}
