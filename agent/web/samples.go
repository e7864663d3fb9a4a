package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// samplePage is one sample with the answers given so far.
type samplePage struct {
	heading, Lead string
	Back, Action  string
	MayAnswer     bool
	Revision      int
	Rows          []itemRow
	Miss, Alarm   string
	Choices       []choice
}

func (p samplePage) title(string) string { return p.heading }

// Heading is the title of the page.
func (p samplePage) Heading() string { return p.heading }

type itemRow struct{ Key, Time, Department, Queue, Recipients, Size, Answer, By string }

func (s *site) drawFields(v view, o dashboards.Overview, values map[string]string) []formField {
	return fields(v.Lang, "sample", values, []formField{{Name: "from", Kind: "date", Needed: true}, {Name: "to", Kind: "date", Needed: true},
		{Name: "department", Kind: "choice", Choices: s.departmentChoices(v, o, values["department"])}, {Name: "size", Kind: "number", Needed: true}})
}

// draw draws a sample and opens it.
func (s *site) draw(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r) // the form has a period of its own
	size, err := wholeNumber("size", r.PostFormValue("size"))
	one := supervise.Sample{From: r.PostFormValue("from"), To: r.PostFormValue("to"), Department: r.PostFormValue("department"), Size: size, Population: map[string]int64{}}
	if err = errors.Join(err, one.Check()); err != nil {
		s.fail(w, r, inputError{texts["sample-wrong"]})
		return
	}
	var seed [8]byte
	rand.Read(seed[:]) // never fails, crypto/rand
	one.Seed = binary.BigEndian.Uint64(seed[:])
	id := strings.ToLower(rand.Text())[:12]
	err = s.fill(r.Context(), &one)
	if err == nil {
		err = s.store(r, id, 0, one)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, v.link("/supervision/samples/"+id), http.StatusSeeOther)
}

func (s *site) store(r *http.Request, id string, after int, one supervise.Sample) error {
	e, err := supervise.Write(supervise.Samples, id, after+1, userIn(r.Context()).Name, s.Now(), one)
	if err != nil {
		return err
	}
	return errors.Join(s.Store.AddEntry(r.Context(), e), s.note(r, "change", "samples "+id))
}

// fill draws both piles of each department.
func (s *site) fill(ctx context.Context, one *supervise.Sample) error {
	from, err := time.ParseInLocation(time.DateOnly, one.From, s.Zone)
	if err != nil {
		return err
	}
	to, err := time.ParseInLocation(time.DateOnly, one.To, s.Zone)
	if err != nil {
		return err
	}
	p := dashboards.Period{From: from.Format(time.RFC3339), To: to.AddDate(0, 0, 1).Format(time.RFC3339)}
	if err := s.populations(ctx, one, p); err != nil {
		return err
	}
	for pile, departments := range one.Strata {
		for department, total := range departments {
			where := pileOf(pile).And(dashboards.OfDepartment(keyParam(department))...)
			for _, at := range supervise.Draw(one.Seed, pile, department, one.Size, total) {
				found, _, err := s.Store.Documents(ctx, p, where, int(at), 1)
				if err != nil {
					return err
				}
				for _, d := range found {
					one.Items = append(one.Items, supervise.Item{Key: d.Key, Pile: pile, At: d.Time, Department: d.Department, Queue: d.QueueID, Recipients: d.Recipients, Size: d.Size})
				}
			}
		}
	}
	slices.SortFunc(one.Items, func(a, b supervise.Item) int { // who answers does not see which pile it is
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Key, b.Key))
	})
	return nil
}

// populations counts the mails of each pile of each department, and refuses a sample that nobody could look through.
func (s *site) populations(ctx context.Context, one *supervise.Sample, p dashboards.Period) error {
	one.Strata = map[string]map[string]int64{}
	drawn := int64(0)
	for _, pile := range []string{supervise.Passed, supervise.Flagged} {
		q := dashboards.Question{ID: pile, Measure: dashboards.Measure{Kind: dashboards.Count, Of: pileOf(pile)}, Split: dashboards.Split{By: "postvagt.department"}}
		rows, err := s.Store.AskAll(ctx, []dashboards.Question{q}, p, dashboards.OfDepartment(one.Department))
		if err != nil {
			return err
		}
		one.Strata[pile] = map[string]int64{}
		for _, row := range rows[pile] {
			one.Strata[pile][row.Key] = row.Count
			one.Population[pile] += row.Count
			drawn += min(row.Count, int64(one.Size))
		}
	}
	if drawn > supervise.MaxItems {
		return inputError{dashboards.Text{DA: fmt.Sprintf(texts["sample-many"].DA, drawn, supervise.MaxItems), EN: fmt.Sprintf(texts["sample-many"].EN, drawn, supervise.MaxItems)}}
	}
	return nil
}

// pileOf are the mails that a pile is drawn from.
func pileOf(pile string) dashboards.Filter {
	if pile == supervise.Flagged {
		q, _ := dashboards.ByID("recognised")
		return q.Measure.Of
	}
	q, _ := dashboards.ByID("sent")
	return q.Measure.Of.And(dashboards.Is("postvagt.level", "none"))
}

// sampleAt reads a sample and its revision.
func (s *site) sampleAt(r *http.Request) (one supervise.Sample, e supervise.Entry, err error) {
	all, err := s.Store.Entry(r.Context(), supervise.Samples, r.PathValue("id"))
	if err == nil && len(all) == 0 {
		err = errNotFound
	}
	if err != nil {
		return one, e, err
	}
	e = all[len(all)-1]
	one, err = supervise.Read[supervise.Sample](e)
	return one, e, err
}

func (s *site) sample(r *http.Request, v view) (string, any, error) {
	one, e, err := s.sampleAt(r)
	if err != nil {
		return "", nil, err
	}
	page := samplePage{heading: texts["sample"].In(v.Lang) + " " + one.From + " – " + one.To, Back: v.link("/supervision"), Action: v.link("/supervision/samples/" + e.ID),
		MayAnswer: v.user.Is(answerers...), Revision: e.Revision}
	for _, a := range []string{supervise.Yes, supervise.No, supervise.Unsure} {
		page.Choices = append(page.Choices, choice{ID: a, Title: texts["answer-"+a].In(v.Lang)})
	}
	own, bound := v.own()
	for _, i := range one.Items {
		if bound && !slices.Contains(own, i.Department) {
			continue
		}
		page.Rows = append(page.Rows, itemRow{i.Key, i.At.In(s.Zone).Format("2006-01-02 15:04:05"), dashboards.Word(v.Lang, "department", i.Department), i.Queue,
			dashboards.Number(v.Lang, int64(i.Recipients)), dashboards.Number(v.Lang, i.Size), i.Answer, i.By})
	}
	if !bound {
		res := supervise.Results([]supervise.Sample{one}, "", s.Zone)
		page.Miss, page.Alarm = rate(v.Lang, "rate-miss", res.Passed), rate(v.Lang, "rate-alarm", res.Flagged)
		page.Lead = fmt.Sprintf(texts["sample-lead"].In(v.Lang), dashboards.Number(v.Lang, res.Passed.Drawn), dashboards.Number(v.Lang, res.Passed.Population),
			dashboards.Number(v.Lang, res.Flagged.Drawn), dashboards.Number(v.Lang, res.Flagged.Population), fmt.Sprint(one.Seed))
	}
	return "sample", page, nil
}

// rate says what a pile shows.
func rate(lang, name string, p supervise.Pile) string {
	if p.Wrong == nil {
		return ""
	}
	wrong := p.Yes
	if name == "rate-alarm" {
		wrong = p.No
	}
	return fmt.Sprintf(texts[name].In(lang), dashboards.Number(lang, wrong), dashboards.Number(lang, p.Yes+p.No), dashboards.Share(lang, p.Wrong.Share), dashboards.Share(lang, p.Wrong.Low), dashboards.Share(lang, p.Wrong.High), dashboards.Number(lang, p.Unsure), dashboards.Number(lang, p.Open))
}

// answer takes the answers of one form: of the mails of own departments only.
func (s *site) answer(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r) // the period does not matter here
	r.Body = http.MaxBytesReader(w, r.Body, 256<<10)
	one, e, err := s.sampleAt(r)
	if err == nil {
		err = r.ParseForm()
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	own, bound := v.own()
	changed := false
	for _, i := range slices.Clone(one.Items) {
		answer := r.PostForm.Get("answer-" + i.Key)
		if answer == "" || answer == i.Answer || bound && !slices.Contains(own, i.Department) {
			continue
		}
		if err := one.Answer(i.Key, answer, v.user.Name); err != nil {
			s.fail(w, r, inputError{texts["answer-wrong"]})
			return
		}
		changed = true
	}
	if changed {
		err = s.store(r, e.ID, e.Revision, one)
	}
	switch {
	case errors.Is(err, supervise.ErrChanged):
		s.fail(w, r, inputError{texts["form-changed"]})
	case err != nil:
		s.fail(w, r, err)
	default:
		http.Redirect(w, r, v.link("/supervision/samples/"+e.ID), http.StatusSeeOther)
	}
}
