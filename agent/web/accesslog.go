package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"postvagt/agent/login"
	"postvagt/agent/report"
	"postvagt/dashboards"
)

// note writes a line into the access log: who, what was done, which address, and the reason given.
func (s *site) note(r *http.Request, action, reason string) error {
	object := r.URL.Path
	if r.URL.RawQuery != "" {
		object += "?" + r.URL.RawQuery
	}
	const most = 500 // an address is of our making; one that is not need not fill the log
	if len(object) > most {
		object = object[:most]
	}
	if r.Method != http.MethodGet {
		object = r.Method + " " + object
	}
	return s.Store.Note(r.Context(), login.Access{At: s.Now(), User: userIn(r.Context()).Name, Action: action, Object: object, Reason: reason})
}

// accessPage is the access log as auditors read it.
type accessPage struct {
	Rows  []accessRow
	Users []choice
	Lead  string
	File  string
	turning
}

type accessRow struct{ Time, User, Action, Object, Reason string }

func (accessPage) title(lang string) string { return texts["access"].In(lang) }

const accessRows = 100

func (s *site) access(r *http.Request, v view) (string, any, error) {
	at, err := pageNumber(v.query.Get("page"))
	if err != nil {
		return "", nil, err
	}
	who := v.query.Get("user")
	found, total, err := s.Store.Accesses(r.Context(), v.From, v.To, who, "", (at-1)*accessRows, accessRows)
	if err != nil {
		return "", nil, err
	}
	users, err := s.Store.Users(r.Context())
	if err != nil {
		return "", nil, err
	}
	page := accessPage{Lead: fmt.Sprintf(texts["access-lines"].In(v.Lang), dashboards.Number(v.Lang, int64(total))), File: v.also("/access/csv")}
	for _, u := range users {
		page.Users = append(page.Users, choice{u.Name, u.Name, u.Name == who})
	}
	for _, a := range found {
		page.Rows = append(page.Rows, accessRow{a.At.In(s.Zone).Format("2006-01-02 15:04:05"), a.User, accessWord(v.Lang, a.Action), a.Object, a.Reason})
	}
	page.turning = turn(v, at, (total+accessRows-1)/accessRows)
	return "access", page, nil
}

// accessWord is an action for the reader; an unknown one stands as it is.
func accessWord(lang, action string) string {
	if t, ok := texts["access-"+action]; ok {
		return t.In(lang)
	}
	return action
}

// accessFile sends the access log of the period as CSV.
func (s *site) accessFile(w http.ResponseWriter, r *http.Request) {
	v, err := s.viewOf(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	found, _, err := s.Store.Accesses(r.Context(), v.From, v.To, v.query.Get("user"), "", 0, 1_000_000)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", "attachment; filename="+strconv.Quote("postvagt-access-"+day(v.From)+".csv"))
	c := csv.NewWriter(w)
	c.Write([]string{"time", "user", "action", "object", "reason"}) // an error stays until Flush
	for _, a := range found {
		c.Write([]string{a.At.In(s.Zone).Format(time.RFC3339), report.Harmless(a.User), a.Action, report.Harmless(a.Object), report.Harmless(a.Reason)})
	}
	c.Flush() // a reader who left is no error
}
