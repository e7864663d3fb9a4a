package dashboards

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Reported is a figure of one month that somebody entered, since it never passes the mail server (Digital Post, letters,
// another gateway; R6). It is shown as reported, apart from what is measured, and never added to it.
type Reported struct {
	Month      string // 2011-01
	Channel    string
	Department string // "" for the whole house
	Source     string // where the number comes from
	Count      int64
	EnteredBy  string
	Entered    time.Time
}

// ReportedSum is what was reported of a channel by a source over some months.
type ReportedSum struct {
	Channel, Source string
	Months          int // with a figure
	First, Last     string
	Count           int64
	EnteredBy       []string
}

// SumReported adds the months of each channel and source, in the order of their names.
func SumReported(all []Reported) (sums []ReportedSum) {
	months := map[[3]string]bool{}
	for _, r := range all {
		i := slices.IndexFunc(sums, func(s ReportedSum) bool { return s.Channel == r.Channel && s.Source == r.Source })
		if i < 0 {
			i, sums = len(sums), append(sums, ReportedSum{Channel: r.Channel, Source: r.Source, First: r.Month, Last: r.Month})
		}
		s := &sums[i]
		s.Count += r.Count
		s.First, s.Last = min(s.First, r.Month), max(s.Last, r.Month)
		if k := [3]string{r.Channel, r.Source, r.Month}; !months[k] {
			months[k] = true
			s.Months++
		}
		if r.EnteredBy != "" && !slices.Contains(s.EnteredBy, r.EnteredBy) {
			s.EnteredBy = append(s.EnteredBy, r.EnteredBy)
		}
	}
	slices.SortFunc(sums, func(a, b ReportedSum) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Source, b.Source))
	})
	return sums
}

// Span says which months a sum is of: "2011-01–2012-09", and how many of them have a figure where some have none.
func (s ReportedSum) Span(lang string) string {
	if s.First == s.Last {
		return s.First
	}
	span := s.First + "–" + s.Last
	first, _ := time.Parse("2006-01", s.First) // months are checked when they are entered
	last, _ := time.Parse("2006-01", s.Last)
	if all := (last.Year()-first.Year())*12 + int(last.Month()-first.Month()) + 1; s.Months < all {
		return fmt.Sprintf(Text{DA: "%s, %d af %d måneder", EN: "%s, %d of %d months"}.In(lang), span, s.Months, all)
	}
	return span
}
