package agent

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"postvagt/agent/store"
	"postvagt/dashboards"
	"postvagt/milter/program"
)

// FiguresSum says what an import of figures did.
type FiguresSum struct{ Added, Changed, Same int }

// ImportFigures reads monthly figures that were counted elsewhere (R6) and keeps them as reported. The file is CSV with a head
// that names its columns in any order: month (2011-01), channel, count, source and, if wanted, department and entered_by;
// it separates with "," or, as spreadsheets in Danish do, with ";". A figure that is there already is replaced. With a
// fault nothing is kept; the error names each fault by line and column. by is who enters what the file names nobody for.
func ImportFigures(ctx context.Context, c *Config, name string, in io.Reader, by string, now time.Time) (sum FiguresSum, err error) {
	all, err := readFigures(name, in, by, now)
	if err != nil {
		return sum, err
	}
	db, err := store.OpenBeside(ctx, c.Store.Path)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	sum.Added, sum.Changed, err = db.PutReported(ctx, all)
	sum.Same = len(all) - sum.Added - sum.Changed
	return sum, err
}

// Figures returns the figures that were entered for the months of a period; "" for no bound.
func Figures(ctx context.Context, c *Config, from, to string) (all []dashboards.Reported, err error) {
	zone, err := c.TimeZone()
	if err != nil {
		return nil, err
	}
	p, err := CountQuery{From: from, To: to}.period(zone)
	if err != nil {
		return nil, err
	}
	db, err := store.OpenRead(ctx, c.Store.Path, store.In(zone))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Reported(ctx, p, "")
}

// manyFaults is how many faults of a file are told.
const manyFaults = 20

// readFigures reads the file and checks all of it.
func readFigures(name string, in io.Reader, by string, now time.Time) (all []dashboards.Reported, err error) {
	data, err := io.ReadAll(io.LimitReader(in, 16<<20))
	if err != nil {
		return nil, program.Unreadable(name, err)
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		return nil, &program.Error{File: name, Reason: "is not UTF-8: save it as CSV UTF-8"}
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comment = -1, true, '#'
	if head, _, _ := strings.Cut(text, "\n"); strings.Count(head, ";") > strings.Count(head, ",") {
		r.Comma = ';'
	}
	f := figuresFile{name: name, by: by, now: now, lines: map[[4]string]int{}}
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			f.errs = append(f.errs, csvFault(name, err))
			break
		}
		line, _ := r.FieldPos(0)
		if f.columns == nil {
			if err := f.head(line, row); err != nil {
				return nil, err
			}
			continue
		}
		f.row(line, row)
	}
	if f.columns == nil && len(f.errs) == 0 {
		return nil, &program.Error{File: name, Reason: "is empty: the first line names the columns, month,channel,count,source,department,entered_by"}
	}
	if n := len(f.errs); n > manyFaults {
		f.errs = append(f.errs[:manyFaults], fmt.Errorf("%s: and %d faults more", name, n-manyFaults))
	}
	return f.all, errors.Join(f.errs...)
}

func csvFault(name string, err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &program.Error{File: name, Line: parse.Line, Reason: fmt.Sprintf("column %d: %v", parse.Column, parse.Err)}
	}
	return program.Unreadable(name, err)
}

// figuresFile is a file that is being read.
type figuresFile struct {
	name    string
	by      string
	now     time.Time
	columns []string
	lines   map[[4]string]int // of each figure, its line
	all     []dashboards.Reported
	errs    []error
}

func figureColumns() []string {
	return []string{"month", "channel", "count", "source", "department", "entered_by"}
}

func (f *figuresFile) head(line int, row []string) error {
	for i, c := range row {
		row[i] = strings.ToLower(strings.TrimSpace(c))
		if !slices.Contains(figureColumns(), row[i]) {
			hint := "the columns are " + strings.Join(figureColumns(), ", ")
			if n := program.Nearest(row[i], figureColumns()); n != "" {
				hint = fmt.Sprintf("did you mean %q?", n)
			}
			return &program.Error{File: f.name, Line: line, Key: fmt.Sprintf("column %d", i+1), Reason: fmt.Sprintf("%q is not known; %s", c, hint)}
		}
		if slices.Contains(row[:i], row[i]) {
			return &program.Error{File: f.name, Line: line, Key: row[i], Reason: "stands twice"}
		}
	}
	for _, c := range figureColumns()[:4] {
		if !slices.Contains(row, c) {
			return &program.Error{File: f.name, Line: line, Key: c, Reason: "this column is missing"}
		}
	}
	f.columns = row
	return nil
}

func (f *figuresFile) fault(line int, column, format string, args ...any) {
	f.errs = append(f.errs, &program.Error{File: f.name, Line: line, Key: column, Reason: fmt.Sprintf(format, args...)})
}

func (f *figuresFile) row(line int, row []string) {
	if len(row) != len(f.columns) {
		f.fault(line, "", "%d columns, the head has %d", len(row), len(f.columns))
		return
	}
	before := len(f.errs)
	one := dashboards.Reported{EnteredBy: f.by, Entered: f.now}
	for i, column := range f.columns {
		f.cell(line, column, strings.TrimSpace(row[i]), &one)
	}
	k := [4]string{one.Month, one.Channel, one.Department, one.Source}
	if first, twice := f.lines[k]; twice && len(f.errs) == before {
		f.fault(line, "", "the same month, channel, department and source as in line %d", first)
	}
	if len(f.errs) > before {
		return
	}
	f.lines[k] = line
	f.all = append(f.all, one)
}

// longest is how many bytes a name may have.
const longest = 100

func (f *figuresFile) cell(line int, column, v string, one *dashboards.Reported) {
	if len(v) > longest {
		f.fault(line, column, "is longer than %d bytes", longest)
		return
	}
	switch column {
	case "month":
		at, err := time.Parse("2006-01", v)
		if err != nil || at.Year() < 1990 || at.After(f.now) {
			f.fault(line, column, "%q is not a month such as 2011-01 that has begun", v)
		}
		one.Month = v
	case "count":
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 || n > 1_000_000_000_000 {
			f.fault(line, column, "%q is not a number such as 2500, without points or signs", v)
		}
		one.Count = n
	case "channel":
		one.Channel = f.needed(line, column, v)
	case "source":
		one.Source = f.needed(line, column, v)
	case "department":
		one.Department = v
	case "entered_by":
		if v != "" {
			one.EnteredBy = v
		}
	}
}

func (f *figuresFile) needed(line int, column, v string) string {
	if v == "" {
		f.fault(line, column, "is empty")
	}
	return v
}
