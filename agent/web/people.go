package web

import (
	"errors"
	"net/http"
	"strings"

	"postvagt/agent/login"
	"postvagt/dashboards"
)

// usersPage lists who may log in.
type usersPage struct{ Rows []userRow }

type userRow struct{ Name, Roles, Departments, Last, State string }

func (usersPage) title(lang string) string { return texts["users"].In(lang) }

func (s *site) users(r *http.Request, v view) (string, any, error) {
	all, err := s.Store.Users(r.Context())
	page := usersPage{}
	for _, u := range all {
		row := userRow{Name: u.Name, Roles: rolesOf(v.Lang, u), Departments: strings.Join(u.Departments, ", "), Last: "–", State: texts["user-active"].In(v.Lang)}
		if !u.LastLogin.IsZero() {
			row.Last = dashboards.Clock(v.Lang, u.LastLogin.In(s.Zone))
		}
		switch {
		case u.Disabled:
			row.State = texts["user-disabled"].In(v.Lang)
		case s.Now().Before(u.LockedUntil):
			row.State = texts["user-locked"].In(v.Lang)
		}
		page.Rows = append(page.Rows, row)
	}
	return "users", page, err
}

func rolesOf(lang string, u login.User) string {
	var all []string
	for _, r := range u.Roles {
		all = append(all, texts["role-"+string(r)].In(lang))
	}
	return strings.Join(all, ", ")
}

// mePage is where a user changes the password.
type mePage struct{ Name, Roles, Fault, Done string }

func (mePage) title(lang string) string { return texts["me"].In(lang) }

func (s *site) me(_ *http.Request, v view) (string, any, error) {
	return "me", mePage{Name: v.user.Name, Roles: rolesOf(v.Lang, v.user)}, nil
}

// changePassword takes the old password and the new one twice. Other sessions of the user end.
func (s *site) changePassword(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r) // the period does not matter here
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	page := mePage{Name: v.user.Name, Roles: rolesOf(v.Lang, v.user)}
	fresh := r.PostFormValue("new")
	u, err := s.try(r.Context(), v.user.Name, r.PostFormValue("old"))
	switch {
	case errors.Is(err, login.ErrRefused):
		page.Fault = texts["me-old-wrong"].In(v.Lang)
	case err != nil:
		s.fail(w, r, err)
		return
	case fresh != r.PostFormValue("again"):
		page.Fault = texts["me-differ"].In(v.Lang)
	case login.CheckPassword(u.Name, fresh) != nil:
		page.Fault = texts["me-weak"].In(v.Lang)
	}
	if page.Fault != "" {
		s.render(w, r, v, http.StatusUnprocessableEntity, "me", page)
		return
	}
	hash := login.Hash(fresh)
	err = s.Store.ChangeUser(r.Context(), u.Name, func(stored *login.User) error {
		stored.Hash, stored.Revision = hash, stored.Revision+1
		u = *stored
		return nil
	})
	if err = errors.Join(err, s.begin(r, u), s.note(r, "change", "")); err != nil {
		s.fail(w, r, err)
		return
	}
	page.Done = texts["me-done"].In(v.Lang)
	s.render(w, r, v, http.StatusOK, "me", page)
}
