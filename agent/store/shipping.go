package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"postvagt/agent/event"
)

// StartShipping notes the cluster that is shipped to. For a new cluster, or after a restore, everything is to be
// shipped anew, and which months there were is forgotten. above is the highest generation of this store's documents
// that the cluster holds; the store's own is raised above it after a restore.
func (s *Store) StartShipping(ctx context.Context, cluster string, above func(agent string) (int64, error)) (to event.Shipping, err error) {
	if s.write == nil {
		return to, errReadOnly
	}
	had, err := s.shippingState(ctx)
	if err != nil {
		return to, fmt.Errorf("store %s: shipping: %w", s.path, err)
	}
	to.Agent, to.Known = had["agent"], had["shipping"] == cluster+" "+had["generation"]
	if to.Generation, err = strconv.ParseInt(had["generation"], 10, 64); err != nil {
		return to, fmt.Errorf("store %s: meta generation: %w", s.path, err)
	}
	if to.Known {
		s.setShipping(true)
		return to, nil
	}
	if to.Agent == "" {
		b := make([]byte, 8)
		rand.Read(b) // never fails, crypto/rand
		to.Agent = hex.EncodeToString(b)
	} else {
		there, err := above(to.Agent)
		if err != nil {
			return to, err
		}
		if there >= to.Generation {
			to.Generation = there + 1
		}
	}
	err = s.change(ctx, "shipping", func(tx *sql.Tx) error { return shipAll(ctx, tx, cluster, to) })
	if err != nil {
		return to, err
	}
	s.setShipping(true)
	return to, nil
}

// shippingState reads what meta holds of shipping.
func (s *Store) shippingState(ctx context.Context) (map[string]string, error) {
	had := map[string]string{"generation": "1"}
	_, err := collect(ctx, s.read, "SELECT name, value FROM meta WHERE name IN ('agent', 'shipping', 'generation')", nil, func(scan func(...any) error) (none struct{}, err error) {
		var name, value string
		err = scan(&name, &value)
		had[name] = value
		return none, err
	})
	return had, err
}

func shipAll(ctx context.Context, tx *sql.Tx, cluster string, to event.Shipping) error {
	generation := strconv.FormatInt(to.Generation, 10)
	for name, value := range map[string]string{"agent": to.Agent, "generation": generation, "shipping": cluster + " " + generation, "orphans": "1"} {
		if err := setMeta(ctx, tx, name, value); err != nil {
			return err
		}
	}
	for _, q := range []string{"DELETE FROM refused", "DELETE FROM shipped_month", "INSERT OR IGNORE INTO unshipped (id) SELECT id FROM transmission", notesAgain} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// setShipping tells commits whether to note what they change.
func (s *Store) setShipping(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shipping = on
}

// loadShipping goes on noting what changes where an agent shipped before: Elasticsearch may be away at the start.
func (s *Store) loadShipping(ctx context.Context) error {
	had, err := s.shippingState(ctx)
	s.shipping = had["shipping"] != ""
	return err
}

// StopShipping forgets what is to be shipped: the configuration names no Elasticsearch any more.
func (s *Store) StopShipping(ctx context.Context) error {
	s.mu.Lock()
	s.shipping = false
	s.mu.Unlock()
	return s.change(ctx, "shipping", func(tx *sql.Tx) error {
		for _, q := range []string{"DELETE FROM meta WHERE name IN ('shipping', 'orphans')", "DELETE FROM unshipped", "DELETE FROM refused", "DELETE FROM shipped_month", "DELETE FROM note"} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
}

// unshipped notes that Elasticsearch does not have a row as it is now.
func (w *writer) unshipped(id int64) error {
	if !w.store.shipping {
		return nil
	}
	_, err := w.exec("INSERT OR IGNORE INTO unshipped (id) VALUES (?)", id)
	return err
}

// unshippedNew notes the last n rows, which one statement inserted.
func (w *writer) unshippedNew(res sql.Result, n int64) error {
	if !w.store.shipping || n == 0 {
		return nil
	}
	last, err := res.LastInsertId()
	if err != nil {
		return err
	}
	_, err = w.exec("INSERT OR IGNORE INTO unshipped (id) SELECT id FROM transmission WHERE id > ? AND id <= ?", last-n, last)
	return err
}

// Shipped notes what became of shipped rows. A row that has changed meanwhile stays to be shipped.
func (s *Store) Shipped(ctx context.Context, receipts []event.Receipt) error {
	dropped, byReason := 0, map[string]map[int64]int64{} // "" for those that were accepted: revisions by id
	for _, r := range receipts {
		if byReason[r.Refused] == nil {
			byReason[r.Refused] = make(map[int64]int64, len(receipts))
		}
		byReason[r.Refused][r.ID] = r.Revision
		if r.Dropped {
			dropped++
		}
	}
	return s.change(ctx, "shipped", func(tx *sql.Tx) error {
		for reason, revisions := range byReason {
			if err := receive(ctx, tx, reason, revisions); err != nil {
				return err
			}
		}
		if dropped == 0 {
			return nil
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO meta (name, value) VALUES ('dropped', ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value", dropped)
		return err
	})
}

// receive notes that rows, as they were at these revisions, were accepted, or refused for a reason.
func receive(ctx context.Context, tx *sql.Tx, reason string, revisions map[int64]int64) error {
	list, err := json.Marshal(revisions)
	if err != nil {
		return err
	}
	const unchanged = "FROM json_each(?1) j JOIN transmission t ON t.id = CAST(j.key AS INTEGER) WHERE t.revision = j.value"
	if _, err := tx.ExecContext(ctx, "DELETE FROM unshipped WHERE id IN (SELECT t.id "+unchanged+")", string(list)); err != nil {
		return err
	}
	if reason == "" {
		_, err = tx.ExecContext(ctx, "DELETE FROM refused WHERE id IN (SELECT CAST(key AS INTEGER) FROM json_each(?1))", string(list))
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO refused (id, revision, reason) SELECT t.id, t.revision, ?2 "+unchanged, string(list), reason)
	return err
}

// ShipRefused ships again what was refused: the templates may be others now.
func (s *Store) ShipRefused(ctx context.Context) error {
	return s.change(ctx, "ship refused", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO unshipped (id) SELECT r.id FROM refused r JOIN transmission t ON t.id = r.id"); err != nil {
			return err
		}
		for _, q := range []string{"DELETE FROM refused", "UPDATE note SET refused = '' WHERE refused <> ''"} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
}

// Backlog counts what Elasticsearch does not have.
func (s *Store) Backlog(ctx context.Context) (b event.Backlog, err error) {
	b.Refused = map[string]int64{}
	if err := s.read.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM unshipped) + (SELECT count(*) FROM note WHERE shipped <> revision AND refused = ''), ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'dropped'), 0)").Scan(&b.Waiting, &b.Dropped); err != nil {
		return b, fmt.Errorf("backlog: %w", err)
	}
	_, err = collect(ctx, s.read, "SELECT reason, count(*) FROM (SELECT reason FROM refused UNION ALL SELECT refused FROM note WHERE refused <> '') GROUP BY reason", nil, func(scan func(...any) error) (none struct{}, err error) {
		var reason string
		var n int64
		err = scan(&reason, &n)
		b.Refused[reason] = n
		return none, err
	})
	return b, err
}

// Months returns the months that were shipped, and whether their index was deleted since.
func (s *Store) Months(ctx context.Context) (map[string]bool, error) {
	months := map[string]bool{}
	_, err := collect(ctx, s.read, "SELECT month, deleted FROM shipped_month", nil, func(scan func(...any) error) (none struct{}, err error) {
		var month string
		var deleted bool
		err = scan(&month, &deleted)
		months[month] = deleted
		return none, err
	})
	return months, err
}

// SetMonth notes that a month has an index, or that it was deleted.
func (s *Store) SetMonth(ctx context.Context, month string, deleted bool) error {
	return s.change(ctx, "month", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO shipped_month (month, deleted) VALUES (?, ?)", month, deleted)
		return err
	})
}

// Orphans says whether documents of older generations may lie in the cluster that no row stands behind.
func (s *Store) Orphans(ctx context.Context) (is bool, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'orphans')").Scan(&is)
	return is, err
}

// NoOrphans notes that they were deleted.
func (s *Store) NoOrphans(ctx context.Context) error {
	return s.change(ctx, "orphans", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM meta WHERE name = 'orphans'")
		return err
	})
}
