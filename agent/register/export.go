package register

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/store"
)

// Read opens the register of a database for reading, while an agent may be writing it.
func Read(ctx context.Context, path, organisation string, zone *time.Location) (*Register, error) {
	db, err := store.OpenRead(ctx, path, store.In(zone))
	if err != nil {
		return nil, err
	}
	return &Register{Store: db, Organisation: organisation, Zone: zone, Now: time.Now}, nil
}

// Close ends the use of a register that Read opened.
func (r *Register) Close() error { return r.Store.Close() }

// ExportSchema is the version of the form of an export.
const ExportSchema = 1

// Export is the register as it is handed to the authority on request (GDPR Art. 33(5)).
type Export struct {
	Schema       int              `json:"schema"`
	Organisation string           `json:"organisation"`
	Made         time.Time        `json:"made"`
	Anchor       string           `json:"anchor"` // number and link of the newest record
	Cases        []CaseExport     `json:"cases"`
	Processors   []cases.Contract `json:"processors"`
}

// CaseExport is one case: what holds, what the clock says, and everything that was said.
type CaseExport struct {
	ID        string                         `json:"id"`
	Erased    *time.Time                     `json:"erased,omitempty"`
	Title     string                         `json:"title,omitempty"`
	Role      cases.Role                     `json:"role,omitempty"`
	Risk      cases.Level                    `json:"risk,omitempty"`
	Clock     cases.ClockState               `json:"clock,omitempty"`
	Opened    *time.Time                     `json:"opened,omitempty"`
	Aware     *time.Time                     `json:"aware,omitempty"`
	AwareWhy  string                         `json:"aware_reason,omitempty"`
	Types     []cases.BreachType             `json:"types,omitempty"`
	Closed    *time.Time                     `json:"closed,omitempty"`
	Signals   []cases.Signal                 `json:"signals,omitempty"`
	Assessed  []cases.Assessment             `json:"assessments,omitempty"`
	DPO       *cases.Involvement             `json:"dpo_involved,omitempty"`
	Exemption *cases.Exemption               `json:"exemption,omitempty"`
	Fallen    bool                           `json:"exemption_fallen,omitempty"` // mails that came later refute it
	Orders    []cases.Order                  `json:"orders,omitempty"`
	Contents  map[cases.Item]cases.Statement `json:"contents,omitempty"`
	Reports   []cases.Report                 `json:"reports,omitempty"`
	Notices   []cases.Notice                 `json:"notices,omitempty"`
	Contact   string                         `json:"controller,omitempty"` // as its processor
	Informed  *cases.Informed                `json:"controller_informed,omitempty"`
	Files     []string                       `json:"files,omitempty"`
	Incidents []cases.Incident               `json:"incidents,omitempty"`
	Entries   []EntryExport                  `json:"entries,omitempty"`
}

// EntryExport is one entry. The bytes of attachments are left out; their names stay.
type EntryExport struct {
	N    int64        `json:"n"`
	At   time.Time    `json:"at"`
	By   string       `json:"by"`
	Kind string       `json:"kind"`
	Said cases.Change `json:"said"`
}

// Export gathers cases, all of them when no number is given. The chain is verified first. Errors: *cases.Fault,
// store.ErrNoSubject.
func (r *Register) Export(ctx context.Context, ids ...string) (*Export, error) {
	last, err := r.Verify(ctx)
	if err != nil {
		return nil, err
	}
	x := &Export{Schema: ExportSchema, Organisation: r.Organisation, Made: r.Now().UTC(), Anchor: Anchor(last)}
	if x.Processors, err = r.Processors(ctx); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		all, err := r.Cases(ctx)
		if err != nil {
			return nil, err
		}
		for _, l := range all {
			ids = append(ids, l.ID)
		}
	}
	for _, id := range ids {
		c, err := r.exportCase(ctx, id)
		if err != nil {
			return nil, err
		}
		x.Cases = append(x.Cases, *c)
	}
	return x, nil
}

func (r *Register) exportCase(ctx context.Context, id string) (*CaseExport, error) {
	c, entries, err := r.Case(ctx, id)
	if errors.Is(err, cases.ErrErased) {
		at, err := r.erasedAt(ctx, id)
		return &CaseExport{ID: id, Erased: &at}, err
	}
	if err != nil {
		return nil, err
	}
	x := &CaseExport{ID: id, Title: c.Title, Role: c.Role, Risk: c.Risk(), Clock: c.Clock(r.Now()).State, Opened: stampOf(c.Opened), Aware: stampOf(c.Aware),
		AwareWhy: c.AwareReason, Types: c.Types(), Closed: stampOf(c.Closed), Signals: c.Signals, Assessed: c.Assessments, DPO: c.DPO, Exemption: c.Exemption,
		Fallen: c.Procedure().Fallen != "", Orders: c.Orders, Contents: c.Items, Reports: c.Reports, Notices: c.Notices, Contact: c.ControllerContact, Incidents: c.Incidents}
	if !c.ControllerInformed.At.IsZero() {
		x.Informed = &c.ControllerInformed
	}
	for _, e := range entries {
		if a, ok := e.Change.(cases.Attachment); ok {
			a.Data = nil
			e.Change = a
			x.Files = append(x.Files, a.Name)
		}
		x.Entries = append(x.Entries, EntryExport{N: e.N, At: e.At, By: e.By, Kind: cases.Kind(e.Change), Said: e.Change})
	}
	return x, nil
}

func stampOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// WriteJSON writes the export.
func (x *Export) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(x)
}
