package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/login"
	"postvagt/agent/store"
	"postvagt/dashboards"
)

// The hash has small parameters, so that a login takes no time.
const (
	password     = "korrekt hest batteri"
	passwordHash = "$argon2id$v=19$m=8,t=1,p=1$bm9yZHZpZy1rb21tdW5lLQ$scX8iQo6EZi/oQ3CngyNzNvPJmL9Svs9N+8bOhG+3BU"
)

// addUsers adds a user of each role, of the role's name.
func addUsers(t testing.TB, s any) {
	t.Helper()
	adder, ok := s.(interface {
		AddUser(context.Context, login.User) error
	})
	if broken, is := s.(brokenStore); is {
		adder, ok = broken.Store.(*store.Store), true
	}
	if !ok {
		t.Fatal("nobody can be added to this store")
	}
	for _, role := range login.Roles() {
		u := login.User{Name: string(role), Roles: []login.Role{role}, Hash: passwordHash, Revision: 1, Created: now}
		switch role {
		case login.Reviewer:
			u.Departments = []string{"Børn & Unge"}
		case login.Sender:
			u.Addresses = []string{"bo@kommune.example"}
		}
		if err := adder.AddUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
}

// as answers every request as to the user of a role, who has logged in.
func as(t testing.TB, h http.Handler, role login.Role) http.Handler {
	t.Helper()
	w := post(t, h, "/login", nil, url.Values{"name": {string(role)}, "password": {password}})
	if w.Code != http.StatusSeeOther || len(w.Result().Cookies()) != 1 {
		t.Fatalf("%s cannot log in: %d %s", role, w.Code, w.Body)
	}
	cookie := w.Result().Cookies()[0]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(cookie)
		h.ServeHTTP(w, r)
	})
}

func post(t testing.TB, h http.Handler, address string, cookie *http.Cookie, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8480"+address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func plainHandler(t *testing.T, s *store.Store, persons bool) http.Handler {
	t.Helper()
	h, err := New(Options{Store: s, Breaches: registerOf(s), Now: func() time.Time { return now }, Zone: zone, Persons: func() bool { return persons }, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// mayOpen is who may open what, stated a second time: each route of the site has its line.
var mayOpen = map[string]string{
	"GET /{$}":                         "viewer officer reviewer reader dpo auditor admin",
	"GET /boards":                      "officer dpo auditor",
	"GET /transmissions":               "officer reviewer dpo auditor",
	"GET /transmissions/{id}":          "officer reviewer dpo auditor",
	"POST /transmissions/{id}/sender":  "officer",
	"GET /held":                        "reviewer sender",
	"GET /held/{id}":                   "reviewer sender",
	"POST /held/{id}/{op}":             "reviewer sender",
	"POST /held/{id}/show":             "reader",
	"GET /report":                      "officer dpo auditor",
	"GET /report/{format}":             "officer dpo auditor",
	"POST /report/freeze":              "officer",
	"GET /report/frozen/{id}":          "officer dpo auditor",
	"GET /report/frozen/{id}/{format}": "officer dpo auditor",
	"GET /supervision":                 "officer reviewer dpo auditor",
	"GET /supervision/measures/{id}":   "officer dpo auditor",
	"POST /supervision/measures/{id}":  "officer",
	"GET /supervision/files/{digest}":  "officer dpo auditor",
	"GET /supervision/controls/{id}":   "officer dpo auditor",
	"POST /supervision/controls/{id}":  "officer",
	"POST /supervision/samples":        "officer",
	"GET /supervision/samples/{id}":    "officer reviewer dpo auditor",
	"POST /supervision/samples/{id}":   "officer reviewer",
	"GET /supervision/export/{file}":   "officer dpo auditor",
	"GET /access":                      "auditor",
	"GET /access/csv":                  "auditor",
	"GET /users":                       "admin",
	"GET /false-alarms":                "officer dpo auditor admin",
	"GET /words":                       "viewer officer reviewer reader sender dpo auditor admin",
	"GET /me":                          "viewer officer reviewer reader sender dpo auditor admin",
	"POST /me":                         "viewer officer reviewer reader sender dpo auditor admin",
	"POST /logout":                     "viewer officer reviewer reader sender dpo auditor admin",
	"GET /login":                       "nobody viewer officer reviewer reader sender dpo auditor admin",
	"POST /login":                      "nobody viewer officer reviewer reader sender dpo auditor admin",
	"GET /assets/{name}":               "nobody viewer officer reviewer reader sender dpo auditor admin",
	"/":                                "viewer officer reviewer reader sender dpo auditor admin",
	"GET /triage":                      "officer dpo auditor",
	"POST /triage/{id}":                "officer",
	"GET /repeated":                    "officer dpo auditor",
	"GET /repeated/{id}":               "officer dpo auditor",
	"POST /repeated/{id}/explanation":  "officer",
	"GET /cases":                       "officer dpo auditor",
	"POST /cases":                      "officer",
	"GET /cases/{id}":                  "officer dpo auditor",
	"POST /cases/{id}/comment":         "officer dpo",
	"POST /cases/{id}/{what}":          "officer",
	"GET /cases/{id}/files/{n}":        "officer dpo auditor",
	"GET /cases/{id}/draft/{kind}":     "officer dpo auditor",
	"GET /cases/{id}/draft/{kind}/pdf": "officer dpo auditor",
	"GET /register/{format}":           "officer dpo auditor",
	"GET /processors":                  "officer dpo auditor",
	"POST /processors":                 "officer",
}

// Every route is tried by every role and by nobody.
func TestRoutesAndRoles(t *testing.T) {
	s := storeWith(t, sample(60, 20))
	addUsers(t, s)
	h := plainHandler(t, s, true)
	for _, rt := range (&site{assets: &assets{}}).routes() {
		allowed, listed := mayOpen[rt.pattern]
		if !listed {
			t.Errorf("%s has no line in mayOpen", rt.pattern)
			continue
		}
		method, path, found := strings.Cut(rt.pattern, " ")
		if !found {
			method, path = http.MethodGet, "/nothing/here"
		}
		path = strings.NewReplacer("{$}", "", "{id}", keyOf(1), "{format}", "json", "{what}", "aware", "{n}", "1", "{kind}", "notification", "{name}", "none").Replace(path)
		for _, role := range append(login.Roles(), "nobody") {
			one := h
			if role != "nobody" {
				one = as(t, h, role)
			}
			r := httptest.NewRequest(method, "http://127.0.0.1:8480"+path, nil)
			w := httptest.NewRecorder()
			one.ServeHTTP(w, r)
			toLogin := w.Code == http.StatusSeeOther && strings.HasPrefix(w.Header().Get("Location"), "/login?")
			refused := w.Code == http.StatusForbidden && !strings.Contains(rt.pattern, "sender") || toLogin
			if strings.Contains(rt.pattern, "sender") { // the officer is asked for a reason, or told that it is no incident
				refused = toLogin || strings.Contains(w.Body.String(), texts["error-403-text"].EN) && role != login.Officer
			}
			if want := slices.Contains(strings.Fields(allowed), string(role)); refused == want {
				t.Errorf("%s: %s gets %d, allowed is %v", rt.pattern, role, w.Code, want)
			}
			if refused && toLogin != (role == "nobody") {
				t.Errorf("%s: %s is led to %d %s", rt.pattern, role, w.Code, w.Header().Get("Location"))
			}
		}
	}
}

// The menu offers what may be opened, and nothing else.
func TestMenuAndRoles(t *testing.T) {
	s := storeWith(t, sample(60, 20))
	addUsers(t, s)
	h := plainHandler(t, s, true)
	for _, role := range login.Roles() {
		from, least := "/?lang=en", 8
		if role == login.Sender {
			from, least = "/held?lang=en", 3
		}
		pages := crawl(t, as(t, h, role), from, 40) // reports what answers otherwise than 200
		if len(pages) < least {
			t.Errorf("%s is led to %d pages only", role, len(pages))
		}
	}
}

// While nobody may log in, every page leads to the command that makes the first user.
func TestFirstUser(t *testing.T) {
	h := plainHandler(t, storeWith(t, sample(5, 5)), false)
	code, _ := get(t, h, "/report?lang=en")
	if code != http.StatusSeeOther {
		t.Errorf("a page answers %d", code)
	}
	if code, body := get(t, h, "/login?lang=en"); code != http.StatusOK || !strings.Contains(body, "postvagt-agent users add") || strings.Contains(body, "<form class=\"stacked\"") {
		t.Errorf("%d, and no command to make the first user, or a form that nobody can use", code)
	}
}

func TestLogin(t *testing.T) {
	s := storeWith(t, nil)
	addUsers(t, s)
	h := plainHandler(t, s, false)
	for name, form := range map[string]url.Values{
		"wrong password": {"name": {"officer"}, "password": {"x"}},
		"nobody":         {"name": {"nobody"}, "password": {password}},
		"no password":    {"name": {"officer"}},
		"nothing":        {},
	} {
		if w := post(t, h, "/login?lang=en", nil, form); w.Code != http.StatusUnauthorized || len(w.Result().Cookies()) != 0 || !strings.Contains(w.Body.String(), "wrong, or the user is locked") {
			t.Errorf("%s: %d, cookies %v", name, w.Code, w.Result().Cookies())
		}
	}
	w := post(t, h, "/login", nil, url.Values{"name": {"OFFICER "}, "password": {password}, "next": {"/report?lang=da"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/report?lang=da" {
		t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	cookie := w.Result().Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie is %v", cookie)
	}
	open := func() int {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
		r.AddCookie(cookie)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	if open() != http.StatusOK {
		t.Error("the session is not known")
	}
	if err := s.ChangeUser(t.Context(), "officer", func(u *login.User) error { u.Revision++; return nil }); err != nil {
		t.Fatal(err)
	}
	if open() != http.StatusSeeOther {
		t.Error("the session outlives a change of the user")
	}
	for range login.MaxFailures {
		post(t, h, "/login", nil, url.Values{"name": {"officer"}, "password": {"x"}})
	}
	if w := post(t, h, "/login", nil, url.Values{"name": {"officer"}, "password": {password}}); w.Code != http.StatusUnauthorized {
		t.Error("the right password opens after five wrong ones")
	}
}

// By another name than loopback's the cookie goes by TLS only.
func TestCookieOfAHost(t *testing.T) {
	s := storeWith(t, nil)
	addUsers(t, s)
	h, err := New(Options{Store: s, Breaches: registerOf(s), Hosts: []string{"postvagt.nordvig.example"}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "https://postvagt.nordvig.example/login", strings.NewReader(url.Values{"name": {"dpo"}, "password": {password}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if c := w.Result().Cookies(); len(c) != 1 || !c[0].Secure || c[0].Name != "__Host-postvagt" || c[0].Domain != "" || c[0].Path != "/" {
		t.Errorf("%d, cookies %v", w.Code, c)
	}
}

func TestWithin(t *testing.T) {
	for address, want := range map[string]string{"/report?lang=da": "/report?lang=da", "": "/", "//evil.example/x": "/", "https://evil.example": "/", `/\evil.example`: "/", "report": "/", "javascript:alert(1)": "/", "/a\nb": "/"} {
		if got := within(address); got != want {
			t.Errorf("%q leads to %q", address, got)
		}
	}
}

// What is opened stands in the access log, with the reason where a sender is shown; and without a reason, or before the
// organisation has done what it must, no sender is shown.
func TestSenderAndAccessLog(t *testing.T) {
	documents := sample(80, 20)
	var id string
	for i := range documents {
		if d := &documents[i]; cases.NeedsTriage(d) {
			d.From, id = "anna@nordvig.example", d.Key
			break
		}
	}
	s := storeWith(t, documents)
	addUsers(t, s)
	address := "/transmissions/" + id + "/sender?lang=en"
	ask := func(h http.Handler, role login.Role, reason string) *httptest.ResponseRecorder {
		return post(t, as(t, h, role), address, nil, url.Values{"reason": {reason}})
	}
	open, closed := plainHandler(t, s, true), plainHandler(t, s, false)
	for what, w := range map[string]*httptest.ResponseRecorder{
		"no reason": ask(open, login.Officer, "  a "), "the gate is closed": ask(closed, login.Officer, "case 17"),
		"auditor": ask(open, login.Auditor, "case 17"), "dpo": ask(open, login.DPO, "case 17"), "reviewer": ask(open, login.Reviewer, "case 17"),
	} {
		if w.Code == http.StatusOK || strings.Contains(w.Body.String(), "anna@") {
			t.Errorf("%s: %d, and the sender is shown", what, w.Code)
		}
	}
	if w := ask(open, login.Officer, "case 17"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "anna@nordvig.example") {
		t.Errorf("%d, and no sender", w.Code)
	}
	_, page := get(t, as(t, open, login.Auditor), "/access?lang=en")
	for _, want := range []string{"case 17", "saw the sender", "was refused", "/transmissions/" + id, "logged in"} {
		if !strings.Contains(page, want) {
			t.Errorf("the access log does not say %q", want)
		}
	}
	if strings.Contains(page, "anna@") {
		t.Error("the access log holds the sender")
	}
	if code, text := get(t, as(t, open, login.Auditor), "/access/csv"); code != http.StatusOK || !strings.Contains(text, ",sender,") {
		t.Errorf("%d: %s", code, text)
	}
}

// A reviewer sees the transmissions of own departments and no others.
func TestReviewerIsBound(t *testing.T) {
	documents := sample(200, 20)
	s := storeWith(t, documents)
	addUsers(t, s)
	h := as(t, plainHandler(t, s, true), login.Reviewer)
	for _, d := range documents {
		code, _ := get(t, h, "/transmissions/"+d.Key)
		if want := d.Department == "Børn & Unge"; (code == http.StatusOK) != want {
			t.Errorf("a transmission of %q answers %d", d.Department, code)
		}
	}
	for _, address := range []string{"/transmissions?lang=en", "/?lang=en", "/transmissions?lang=en&department=Jobcenter"} {
		if _, page := get(t, h, address); strings.Contains(page, "Jobcenter</t") || strings.Contains(page, ">Borgerservice<") {
			t.Errorf("%s shows another department", address)
		}
	}
}

func TestChangePassword(t *testing.T) {
	s := storeWith(t, nil)
	addUsers(t, s)
	h := plainHandler(t, s, false)
	const fresh = "et helt nyt kodeord"
	officer := as(t, h, login.Officer)
	for what, form := range map[string]url.Values{
		"wrong old": {"old": {"x"}, "new": {fresh}, "again": {fresh}}, "differ": {"old": {password}, "new": {fresh}, "again": {fresh + "x"}}, "weak": {"old": {password}, "new": {"kort"}, "again": {"kort"}},
	} {
		if w := post(t, officer, "/me?lang=en", nil, form); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
	other := as(t, h, login.Officer)
	if w := post(t, officer, "/me?lang=en", nil, url.Values{"old": {password}, "new": {fresh}, "again": {fresh}}); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if code, _ := get(t, other, "/"); code != http.StatusSeeOther {
		t.Errorf("another session goes on after a new password: %d", code)
	}
	if w := post(t, h, "/login", nil, url.Values{"name": {"officer"}, "password": {fresh}}); w.Code != http.StatusSeeOther {
		t.Errorf("the new password does not open: %d", w.Code)
	}
}

func TestLogout(t *testing.T) {
	s := storeWith(t, nil)
	addUsers(t, s)
	h := as(t, plainHandler(t, s, false), login.DPO)
	if w := post(t, h, "/logout", nil, nil); w.Code != http.StatusSeeOther {
		t.Errorf("logout answers %d", w.Code)
	}
	if code, _ := get(t, h, "/"); code != http.StatusSeeOther {
		t.Errorf("a session goes on after logout: %d", code)
	}
}

// A viewer sees no small number, whatever the period and department; and is told so.
func TestViewerSeesNoSmallNumbers(t *testing.T) {
	s := storeWith(t, sample(400, 110))
	addUsers(t, s)
	h := as(t, plainHandler(t, s, true), login.Viewer)
	shown := regexp.MustCompile(`(?:class="(?:number|n|big|before)"[^>]*>(?:<a[^>]*>)?|<td class="n">)([^<]*)`)
	small := regexp.MustCompile(`(^|\D)[1-4]($| of)`) // "before: 3" too
	numbers, hidden := 0, 0
	for _, address := range []string{"/?lang=en", "/?lang=en&period=2026-10", "/?lang=en&period=2026-09", "/?lang=en&from=2026-08-01&to=2026-08-31"} {
		code, page := get(t, h, address)
		if code != http.StatusOK || !strings.Contains(page, "Counts under 5 are not shown") || strings.Contains(page, "/transmissions?") {
			t.Errorf("%s: %d, not told, or transmissions are linked", address, code)
		}
		for _, m := range shown.FindAllStringSubmatch(page, -1) {
			numbers++
			text := strings.TrimSpace(m[1])
			if strings.HasPrefix(text, "hidden") {
				hidden++
			}
			if small.MatchString(text) {
				t.Errorf("%s shows %q", address, text)
			}
		}
		if strings.Contains(page, "-1") && regexp.MustCompile(`>-1[< ]`).MatchString(page) {
			t.Errorf("%s shows what stands for a hidden count", address)
		}
	}
	if numbers < 200 || hidden < 40 {
		t.Errorf("%d numbers, %d of them hidden", numbers, hidden)
	}
}

// Nor a small number that was entered by hand.
func TestViewerSeesNoSmallReportedNumber(t *testing.T) {
	s := storeWith(t, sample(400, 110))
	addUsers(t, s)
	if _, _, err := s.PutReported(t.Context(), []dashboards.Reported{{Month: "2026-10", Channel: "sms", Source: "the SMS system", Count: 3}, {Month: "2026-10", Channel: "letter", Source: "the post room", Count: 83}}); err != nil {
		t.Fatal(err)
	}
	for role, want := range map[login.Role]string{login.Viewer: "hidden", login.Officer: "3"} {
		_, page := get(t, as(t, plainHandler(t, s, true), role), "/?lang=en&period=2026-10")
		if row := regexp.MustCompile(`(?s)the SMS system.*?</tr>`).FindString(page); !strings.Contains(row, ">"+want+"<") {
			t.Errorf("%s sees %q, want %s", role, row, want)
		}
		if !strings.Contains(page, ">83<") {
			t.Errorf("%s does not see the other figure", role)
		}
	}
}

// A viewer of a month without mail is led to the last one that is over and has some, and nowhere where there is none.
func TestViewerOfAnEmptyMonth(t *testing.T) {
	for days, want := range map[int]string{0: "", 60: "period=2026-09"} { // of the mails: today, or two months ago
		documents := sample(30, 5)
		for i := range documents {
			documents[i].Time = documents[i].Time.AddDate(0, 0, -days)
		}
		s := storeWith(t, documents)
		addUsers(t, s)
		_, body := get(t, as(t, plainHandler(t, s, true), login.Viewer), "/?lang=en")
		if !strings.Contains(body, "No mail in this period") || !strings.Contains(body, "one calendar month at a time") {
			t.Errorf("%d days: the page is not the empty one", days)
		}
		button := regexp.MustCompile(`class="button" href="([^"]*)"`).FindStringSubmatch(body)
		if want == "" && button != nil || want != "" && (button == nil || !strings.Contains(button[1], want)) {
			t.Errorf("%d days: led to %q, want %q", days, button, want)
		}
	}
}

// All that a viewer can open are single months that are over, of the whole organisation, which no two have a mail in common; and
// of the month before, its page and the page after say the same. So nothing can be subtracted from anything.
func TestViewerCannotSubtract(t *testing.T) {
	s := storeWith(t, sample(400, 110))
	addUsers(t, s)
	h := plainHandler(t, s, true)
	for _, role := range []login.Role{login.Viewer, login.Admin, login.Reader} {
		viewer := as(t, h, role)
		for _, address := range []string{"period=12m", "period=30d", "period=month", "period=quarter", "period=2026-11", "period=2027-01", "department=Jobcenter", "department=-", "period=2026-10&department=Jobcenter",
			"from=2026-10-01&to=2026-10-30", "from=2026-10-02&to=2026-10-31", "from=2026-09-01&to=2026-10-31", "from=2026-10-05&to=2026-10-11", "period=2026-10&from=2026-10-02&to=2026-10-31"} {
			if code, body := get(t, viewer, "/?lang=en&"+address); code != http.StatusBadRequest || !strings.Contains(body, "one calendar month at a time") || strings.Contains(body, "Left safely") {
				t.Errorf("%s: %s answers %d", role, address, code)
			}
		}
	}
	viewer := as(t, h, login.Viewer)
	months := 0
	pages := crawl(t, viewer, "/?lang=en", 60)
	for address, body := range pages {
		u, err := url.Parse(address)
		if err != nil || u.Path != "/" || !strings.Contains(body, "class=\"presets\"") {
			continue
		}
		q := u.Query()
		if month := q.Get("period"); q.Get("department") != "" || q.Get("from") != "" || month != "" && !regexp.MustCompile(`^2026-(0\d|10)$|^2025-`).MatchString(month) {
			t.Errorf("a viewer is led to %s", address)
		}
		months++
	}
	if months < 12 {
		t.Errorf("only %d months can be opened", months)
	}
	figures := regexp.MustCompile(`<dt>([^<]+)</dt><dd><span class="number">([^<]+)</span></dd>(?:<dd class="before">before: ([^<]+)</dd>)?`)
	_, october := get(t, viewer, "/?lang=en&period=2026-10")
	_, september := get(t, viewer, "/?lang=en&period=2026-09")
	then := map[string]string{}
	for _, m := range figures.FindAllStringSubmatch(september, -1) {
		then[m[1]] = m[2]
	}
	compared := 0
	for _, m := range figures.FindAllStringSubmatch(october, -1) {
		if m[3] == "" {
			continue
		}
		compared++
		if then[m[1]] != m[3] {
			t.Errorf("%s was %q in September, and %q before October", m[1], then[m[1]], m[3])
		}
	}
	if compared < 10 {
		t.Errorf("only %d figures are compared", compared)
	}
}
