package register

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/report"
	"postvagt/agent/store"
)

// IsNoCase says whether an error means that there is no such case.
func (r *Register) IsNoCase(err error) bool {
	return errors.Is(err, store.ErrNoSubject) || errors.Is(err, errNotOpened)
}

// JSON is Export, written.
func (r *Register) JSON(ctx context.Context, ids ...string) ([]byte, error) {
	x, err := r.Export(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = x.WriteJSON(&b)
	return b.Bytes(), err
}

// Paper is the register, or some of its cases, as a document for a person: for each case the minimum of Art. 33(5) and
// what was done. Languages: da, en.
func (r *Register) Paper(ctx context.Context, lang string, ids ...string) (report.Paper, error) {
	x, err := r.Export(ctx, ids...)
	if err != nil {
		return report.Paper{}, err
	}
	w := paperWords(lang)
	p := report.Paper{Organisation: r.Organisation, Title: w["title"], Mark: fmt.Sprintf(w["mark"], x.Anchor), Lang: lang, Made: r.Now().In(r.Zone)}
	for i := range x.Cases {
		p.Sections = append(p.Sections, r.paperCase(lang, w, &x.Cases[i]))
	}
	if len(ids) == 0 {
		p.Sections = append(p.Sections, r.paperProcessors(w, x.Processors))
	}
	return p, nil
}

func (r *Register) paperProcessors(w map[string]string, all []cases.Contract) report.PaperSection {
	s := report.PaperSection{Heading: w["processors"]}
	for _, p := range all {
		told := w["not-instructed"]
		if !p.Instructed.IsZero() {
			told = fmt.Sprintf(w["instructed"], p.Instructed.In(r.Zone).Format(time.DateOnly), p.Proof)
		}
		s.Facts = append(s.Facts, [2]string{p.Name, told})
	}
	if len(all) == 0 {
		s.Text = []string{w["none"]}
	}
	return s
}

func (r *Register) stamp(t time.Time) string { return t.In(r.Zone).Format("2006-01-02 15:04 MST") }
