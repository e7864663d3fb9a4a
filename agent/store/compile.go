package store

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// compiled is a question that was checked, as pieces of SQL.
type compiled struct {
	q         dashboards.Question
	field     event.Field // of distinct and sum
	split     event.Field // of a split by field
	of, where piece       // of counts the numerator; where keeps the rows that count at all
	shared    bool        // asks for dimensions only, so that the daily figures can answer
}

// piece is SQL with its arguments.
type piece struct {
	sql  string
	args []any
}

func compile(q dashboards.Question, where dashboards.Filter) (c compiled, err error) {
	c.q = q
	over := q.Measure.Of
	if q.Measure.Kind == dashboards.Ratio {
		over = q.Measure.Over
	}
	if c.where, err = conditions(where.And(over...)); err != nil {
		return c, err
	}
	if c.of, err = conditions(q.Measure.Of); err != nil {
		return c, err
	}
	if by := q.Split.By; by != "" && by != dashboards.ByTime {
		if c.split, err = fieldOf(by); err != nil {
			return c, err
		}
	}
	if err := c.checkKind(); err != nil {
		return c, err
	}
	c.shared = onlyDimensions(where) && onlyDimensions(over) && onlyDimensions(q.Measure.Of) &&
		(c.split.Column == "" || slices.Contains(dimensions, c.split.Column)) &&
		(q.Measure.Kind != dashboards.Distinct || slices.Contains(entities, c.field.Column)) &&
		(q.Measure.Kind != dashboards.Sum || slices.Contains(sums, c.field.Column))
	return c, nil
}

func (c *compiled) checkKind() (err error) {
	switch m := c.q.Measure; m.Kind {
	case dashboards.Count, dashboards.Ratio:
		return nil
	case dashboards.Sum:
		if c.field, err = fieldOf(m.Field); err == nil && c.field.Type != event.Long {
			err = fmt.Errorf("sum of %s, which is no number", m.Field)
		}
		return err
	case dashboards.Distinct:
		if c.field, err = fieldOf(m.Field); err == nil && (c.field.Type != event.Keyword || c.field.Array) {
			err = fmt.Errorf("different values of %s, which is no single keyword", m.Field)
		}
		return err
	default:
		return fmt.Errorf("unknown kind of measure %q", m.Kind)
	}
}

// detail asks the transmissions themselves.
func (c *compiled) detail(span period, zone *time.Location) piece {
	number, value := "1", "''"
	switch c.q.Measure.Kind {
	case dashboards.Sum:
		number = column(c.field)
	case dashboards.Distinct:
		value = column(c.field)
	}
	return c.sql(value, number, within(span, zone))
}

// within is the condition that a transmission was born in a span; the days let SQLite use its index.
func within(span period, zone *time.Location) piece {
	p := piece{"1", nil}
	if span.from != math.MinInt64 {
		p.sql += " AND t.day >= ? AND t.time >= ?"
		p.args = append(p.args, dayOf(time.UnixMicro(span.from), zone), span.from)
	}
	if span.to != math.MaxInt64 {
		p.sql += " AND t.day <= ? AND t.time < ?"
		p.args = append(p.args, dayOf(time.UnixMicro(span.to-1), zone), span.to)
	}
	return p
}

// sql puts a query together: day, key, value, count, n. Number is what one transmission counts for.
func (c *compiled) sql(value, number string, when piece) piece {
	var group []string
	from, day, key := "transmission t JOIN facet f ON f.id = t.facet", "t.day", "''"
	switch {
	case c.q.Split.By == dashboards.ByTime:
		group = append(group, "1")
	case c.split.Array:
		from += ", json_each(" + column(c.split) + ") e"
		key, day = "e.value", "0"
		group = append(group, "2")
	case c.split.Column != "":
		key, day = column(c.split), "0"
		group = append(group, "2")
	default:
		day = "0"
	}
	where := " FROM " + from + " WHERE " + when.sql + " AND " + c.where.sql
	args := append(slices.Clone(when.args), c.where.args...)
	if c.q.Measure.Kind == dashboards.Distinct {
		return piece{"SELECT DISTINCT " + day + ", " + key + ", " + value + ", 0, 0" + where + " AND " + value + " <> ''", args}
	}
	count, n := piece{"sum(" + number + ")", nil}, "0"
	if c.q.Measure.Kind == dashboards.Ratio {
		count = piece{"sum(CASE WHEN " + c.of.sql + " THEN " + number + " ELSE 0 END)", c.of.args}
		n = "sum(" + number + ")"
	}
	by := ""
	if len(group) > 0 {
		by = " GROUP BY " + strings.Join(group, ", ")
	}
	return piece{"SELECT " + day + ", " + key + ", '', ifnull(" + count.sql + ", 0), ifnull(" + n + ", 0)" + where + by,
		append(slices.Clone(count.args), args...)}
}

// conditions compiles a filter; the empty one is true.
func conditions(filter dashboards.Filter) (p piece, err error) {
	all := []string{"1"}
	for _, term := range filter {
		f, err := fieldOf(term.Field)
		if err != nil {
			return p, err
		}
		one, err := condition(f, term)
		if err != nil {
			return p, err
		}
		all = append(all, one.sql)
		p.args = append(p.args, one.args...)
	}
	p.sql = strings.Join(all, " AND ")
	return p, nil
}

func condition(f event.Field, term dashboards.Term) (p piece, err error) {
	for _, text := range term.Values {
		v, err := argument(f, text)
		if err != nil {
			return p, err
		}
		p.args = append(p.args, v)
	}
	in := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(p.args)), ", ") + ")"
	not := ""
	if term.Not {
		not = "NOT "
	}
	if f.Array {
		p.sql = not + "EXISTS (SELECT 1 FROM json_each(" + column(f) + ") WHERE value IN " + in + ")"
		return p, nil
	}
	p.sql = column(f) + " " + not + "IN " + in
	if f.Column == "key" && !term.Not {
		p.sql = "t.day IN (" + everyDay + ") AND " + p.sql
	}
	return p, nil
}

// everyDay lists the days that hold a transmission, one look into an index for each: keys are sorted within days.
const everyDay = `WITH RECURSIVE held (day) AS (SELECT min(day) FROM transmission
	UNION ALL SELECT (SELECT min(day) FROM transmission WHERE day > held.day) FROM held WHERE held.day IS NOT NULL)
	SELECT day FROM held WHERE day IS NOT NULL`

// argument turns the text of a filter into the value that is stored.
func argument(f event.Field, text string) (any, error) {
	switch f.Type {
	case event.Boolean:
		switch text {
		case "true":
			return int64(1), nil
		case "false":
			return int64(0), nil
		}
		return nil, fmt.Errorf("%s is true or false, not %q", f.Name, text)
	case event.Long:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s is a number, not %q", f.Name, text)
		}
		return n, nil
	case event.Date:
		return nil, fmt.Errorf("%s is a time; give it as the period", f.Name)
	}
	if f.Column == "key" {
		return keyValue(text), nil
	}
	return text, nil
}

func fieldOf(name string) (event.Field, error) {
	f, ok := dashboards.Field(name)
	switch {
	case !ok:
		return f, fmt.Errorf("there is no field %q", name)
	case f.Column == "evidence":
		return f, fmt.Errorf("%s is kept to be shown; nothing can be asked about it", f.Name)
	}
	return f, nil
}

func onlyDimensions(filter dashboards.Filter) bool {
	for _, term := range filter {
		if f, ok := dashboards.Field(term.Field); !ok || !slices.Contains(dimensions, f.Column) {
			return false
		}
	}
	return true
}
