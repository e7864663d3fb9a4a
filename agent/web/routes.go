package web

import (
	"net/http"
	"slices"
	"strings"

	"postvagt/agent/login"
)

// route is an address, who may open it, and what answers.
type route struct {
	pattern string       // as http.ServeMux takes it
	roles   []login.Role // who may; none: everybody, logged in or not
	serve   http.HandlerFunc
	quiet   bool   // opening it is not written into the access log
	menu    string // name of its text in the menu, "" for none
}

// Who may open what. A role that is not named is refused.
var (
	everyone  = login.Roles()
	details   = []login.Role{login.Officer, login.Reviewer, login.DPO, login.Auditor} // single transmissions; a reviewer those of own departments
	overseers = []login.Role{login.Officer, login.DPO, login.Auditor}                 // the whole organisation, unrounded
	decides   = []login.Role{login.Officer}
	answerers = []login.Role{login.Officer, login.Reviewer}                                            // for the mails of a sample; a reviewer those of own departments
	remarks   = []login.Role{login.Officer, login.DPO}                                                 // who may comment on a case
	figures   = slices.DeleteFunc(login.Roles(), func(r login.Role) bool { return r == login.Sender }) // a sender's home is the held mail
	deciders  = []login.Role{login.Reviewer, login.Sender}                                             // on held mail; a reviewer of own departments, a sender of their own
	readers   = []login.Role{login.Reader}                                                             // of held mail of own departments, who are reviewers as well
	auditors  = []login.Role{login.Auditor}
	admins    = []login.Role{login.Admin}
)

// routes is the one table of all addresses. Its order is that of the menu.
func (s *site) routes() []route {
	return []route{
		{pattern: "GET /{$}", roles: figures, serve: s.page(s.figures), menu: "figures"},
		{pattern: "GET /boards", roles: overseers, serve: s.page(s.board), menu: "boards"},
		{pattern: "GET /transmissions", roles: details, serve: s.page(s.transmissions), menu: "transmissions"},
		{pattern: "GET /transmissions/{id}", roles: details, serve: s.page(s.transmission)},
		{pattern: "POST /transmissions/{id}/sender", roles: decides, serve: s.page(s.sender)},
		{pattern: "GET /triage", roles: overseers, serve: s.page(s.triage), menu: "triage"},
		{pattern: "POST /triage/{id}", roles: decides, serve: s.judge},
		{pattern: "GET /repeated", roles: overseers, serve: s.page(s.repeated), menu: "repeated"},
		{pattern: "GET /repeated/{id}", roles: overseers, serve: s.page(s.repeatedOne)},
		{pattern: "POST /repeated/{id}/explanation", roles: decides, serve: s.explain},
		{pattern: "GET /cases", roles: overseers, serve: s.page(s.cases), menu: "cases"},
		{pattern: "POST /cases", roles: decides, serve: s.openCase},
		{pattern: "GET /cases/{id}", roles: overseers, serve: s.page(s.oneCase)},
		{pattern: "POST /cases/{id}/comment", roles: remarks, serve: s.sayOf},
		{pattern: "POST /cases/{id}/{what}", roles: decides, serve: s.sayOf},
		{pattern: "GET /cases/{id}/files/{n}", roles: overseers, serve: s.caseFile},
		{pattern: "GET /cases/{id}/draft/{kind}", roles: overseers, serve: s.page(s.draft)},
		{pattern: "GET /cases/{id}/draft/{kind}/pdf", roles: overseers, serve: s.draftFile},
		{pattern: "GET /register/{format}", roles: overseers, serve: s.registerFile},
		{pattern: "GET /processors", roles: overseers, serve: s.page(s.processors)},
		{pattern: "POST /processors", roles: decides, serve: s.addProcessor},
		{pattern: "GET /held", roles: deciders, serve: s.page(s.held), menu: "held-title"},
		{pattern: "GET /held/{id}", roles: deciders, serve: s.page(s.heldOne)},
		{pattern: "POST /held/{id}/show", roles: readers, serve: s.readHeld},
		{pattern: "POST /held/{id}/{op}", roles: deciders, serve: s.decide},
		{pattern: "GET /report", roles: overseers, serve: s.page(s.report), menu: "report"},
		{pattern: "GET /report/{format}", roles: overseers, serve: s.reportFile},
		{pattern: "POST /report/freeze", roles: decides, serve: s.freeze},
		{pattern: "GET /report/frozen/{id}", roles: overseers, serve: s.page(s.frozen)},
		{pattern: "GET /report/frozen/{id}/{format}", roles: overseers, serve: s.frozenFile},
		{pattern: "GET /supervision", roles: details, serve: s.page(s.supervision), menu: "supervision"},
		{pattern: "GET /supervision/measures/{id}", roles: overseers, serve: s.page(s.entry(measureForm()))},
		{pattern: "POST /supervision/measures/{id}", roles: decides, serve: s.write(measureForm())},
		{pattern: "GET /supervision/files/{digest}", roles: overseers, serve: s.measureFile},
		{pattern: "GET /supervision/controls/{id}", roles: overseers, serve: s.page(s.entry(controlForm()))},
		{pattern: "POST /supervision/controls/{id}", roles: decides, serve: s.write(controlForm())},
		{pattern: "POST /supervision/samples", roles: decides, serve: s.draw},
		{pattern: "GET /supervision/samples/{id}", roles: details, serve: s.page(s.sample)},
		{pattern: "POST /supervision/samples/{id}", roles: answerers, serve: s.answer},
		{pattern: "GET /supervision/export/{file}", roles: overseers, serve: s.export},
		{pattern: "GET /access", roles: auditors, serve: s.page(s.access), menu: "access"},
		{pattern: "GET /access/csv", roles: auditors, serve: s.accessFile},
		{pattern: "GET /false-alarms", roles: []login.Role{login.Officer, login.DPO, login.Auditor, login.Admin}, serve: s.page(s.falseAlarms), menu: "false-alarms"},
		{pattern: "GET /users", roles: admins, serve: s.page(s.users), menu: "users"},
		{pattern: "GET /words", roles: everyone, serve: s.page(s.words), quiet: true, menu: "words"},
		{pattern: "GET /me", roles: everyone, serve: s.page(s.me), quiet: true},
		{pattern: "POST /me", roles: everyone, serve: s.changePassword},
		{pattern: "POST /logout", roles: everyone, serve: s.logout, quiet: true},
		{pattern: "GET /login", serve: s.page(s.loginPage)},
		{pattern: "POST /login", serve: s.login},
		{pattern: "GET /assets/{name}", serve: s.assets.serve},
		{pattern: "/", roles: everyone, serve: s.page(func(*http.Request, view) (string, any, error) { return "", nil, errNotFound }), quiet: true},
	}
}

// admit lets through who may open a route, and writes down that it was opened: what cannot be written down is not shown.
func (s *site) admit(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if rt.roles == nil {
			rt.serve(w, r)
			return
		}
		user, known, err := s.loggedIn(r)
		switch {
		case err != nil:
			s.fail(w, r, err)
			return
		case !known:
			s.askWho(w, r)
			return
		}
		r = r.WithContext(withUser(r.Context(), user))
		if !user.Is(rt.roles...) {
			if err := s.note(r, "refused", ""); err != nil {
				s.fail(w, r, err)
				return
			}
			s.fail(w, r, errForbidden)
			return
		}
		if !rt.quiet {
			if err := s.note(r, "open", ""); err != nil {
				s.fail(w, r, err)
				return
			}
		}
		rt.serve(w, r)
	}
}

// menuOf are the pages that a user may open, in the order of the table.
func (s *site) menuOf(v view) []link {
	var all []link
	for _, rt := range s.table {
		if rt.menu == "" || !v.user.Is(rt.roles...) {
			continue
		}
		path := strings.TrimSuffix(strings.TrimPrefix(rt.pattern, "GET "), "{$}")
		all = append(all, link{texts[rt.menu].In(v.Lang), v.link(path), v.path == path})
	}
	return all
}
