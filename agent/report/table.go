package report

import (
	"strings"
	"time"

	"postvagt/dashboards"
)

// table has texts in its first column and numbers in the others.
type table struct {
	Head []string
	Rows [][]cell
	Wide bool // the first column needs half of the width
}

// cell is one field of a table, line by line.
type cell []said

// said is a text or a figure, and the address of what lies behind it, "" where it opens nothing.
type said struct{ Text, Href string }

// words are cells that open nothing.
func words(texts ...string) (cells []cell) {
	for _, t := range texts {
		cells = append(cells, cell{{Text: t}})
	}
	return cells
}

// String is the cell as it is written where nothing can be opened.
func (c cell) String() string {
	lines := make([]string, len(c))
	for i := range c {
		lines[i] = c[i].Text
	}
	return strings.Join(lines, "\n")
}

// Behind names what lies behind a figure: transmissions that a question counts, in all or of one value of its split, in the
// period of the report or in [From, To) of it; or a page.
type Behind struct {
	Question, Key string
	From, To      time.Time // zero for the whole period
	Page          string    // "/triage", "/cases" or "/repeated", of figures that no question counts
}

// opening is a figure with what lies behind it, where the report is read on a page whose reader may open that.
func (r *Report) opening(t string, b Behind) said {
	if r.Open == nil || t == noShare {
		return said{Text: t}
	}
	return said{t, r.Open(b)}
}

// opens are the cells of one figure each.
func (r *Report) opens(t string, b Behind) cell { return cell{r.opening(t, b)} }

// noShare is how a share of nothing is written. It opens nothing.
const noShare = "–"

// noKey stands for the value of a split that is empty.
const noKey = "-"

// of is what lies behind the row of a split: a span of time, or a value.
func (b Behind) of(key string, span *Week) Behind {
	switch {
	case span != nil:
		b.From, b.To = span.From, span.To
	case key == "":
		b.Key = noKey
	default:
		b.Key = key
	}
	return b
}

// both is a share as a range: without the mails whose content could not be seen, and with them where there are any. The second
// figure opens those mails. The name of the split is what stands behind the questions' ids.
func (r *Report) both(id, split, key string, span *Week) cell {
	without, unseen := find(r.Answers[id+split], key), find(r.Answers[id+"-unseen"+split], key)
	c := r.opens(r.share(without), Behind{Question: id + split}.of(key, span))
	if unseen.N > 0 {
		with := dashboards.Row{Count: without.Count + unseen.Count, N: without.N + unseen.N}
		c = append(c, r.opening(text(r.Lang, "range-with", r.share(with)), Behind{Question: id + "-unseen" + split}.of(key, span)))
	}
	return c
}

// count is a figure of a split.
func (r *Report) count(id, key string, span *Week) cell {
	return r.opens(r.number(find(r.Answers[id], key).Count), Behind{Question: id}.of(key, span))
}

func find(rows []dashboards.Row, key string) dashboards.Row {
	for _, row := range rows {
		if row.Key == key {
			return row
		}
	}
	return dashboards.Row{}
}

// asked says whether a question was asked, which one of a later version was not when a report was frozen before.
func (r *Report) asked(id string) bool {
	_, asked := r.Answers[id]
	return asked
}

// spans are the shares and what stands beside them by week or month.
func (r *Report) spans(split string, spans []Week) *table {
	t := &table{Head: []string{text(r.Lang, "span"+split), text(r.Lang, "recognised"), r.title("left-safely"), r.title("done-right"), text(r.Lang, "unseen-short"), text(r.Lang, "held")}}
	for i := range spans {
		w := &spans[i]
		key := w.Start.Format(time.DateOnly)
		t.Rows = append(t.Rows, append(words(w.Label(r.Lang)), r.count("recognised"+split, key, w), r.both("left-safely", split, key, w), r.both("done-right", split, key, w),
			r.count("unseen"+split, key, w), r.count("held"+split, key, w)))
	}
	return t
}

func (r *Report) departments() *table {
	t := &table{Head: []string{text(r.Lang, "department"), r.title("sent"), text(r.Lang, "recognised"), r.title("left-safely"), r.title("done-right"), text(r.Lang, "unseen-short"), text(r.Lang, "held")}}
	for _, d := range r.Answers.Departments() {
		t.Rows = append(t.Rows, append(words(dashboards.Word(r.Lang, "department", d.Name)), r.count("sent-departments", d.Name, nil), r.count("recognised-departments", d.Name, nil),
			r.both("left-safely", "-departments", d.Name, nil), r.both("done-right", "-departments", d.Name, nil), r.count("unseen-departments", d.Name, nil), r.count("held-departments", d.Name, nil)))
	}
	if unseen := "unseen-departments"; !r.asked(unseen) {
		for i := range t.Rows {
			t.Rows[i][5] = cell{{Text: noShare}}
		}
	}
	return t
}
