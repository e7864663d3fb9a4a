package web

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/login"
	"postvagt/agent/store"
	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

func handler(t *testing.T, s Store) http.Handler {
	t.Helper()
	addUsers(t, s)
	h, err := New(Options{Store: s, Breaches: registerOf(s), Organisation: "Nordvig Kommune", Now: func() time.Time { return now }, Zone: zone,
		Departments: func() []string { return []string{"Jobcenter", "Uden mail"} }, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return as(t, h, login.Officer)
}

// get asks for a page as a browser on the same machine does.
func get(t testing.TB, h http.Handler, address string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8480"+address, nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

var hrefs = regexp.MustCompile(`href="([^"]+)"`)

// crawl follows all links from a page and returns every page by its address.
func crawl(t *testing.T, h http.Handler, start string, limit int) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for queue := []string{start}; len(queue) > 0 && len(pages) < limit; queue = queue[1:] {
		address := queue[0]
		if _, seen := pages[address]; seen || strings.HasPrefix(address, "#") {
			continue
		}
		code, body := get(t, h, address)
		if code != http.StatusOK {
			t.Errorf("%s answers %d", address, code)
		}
		pages[address] = body
		if strings.HasPrefix(address, "/assets/") {
			continue
		}
		for _, m := range hrefs.FindAllStringSubmatch(body, -1) {
			queue = append(queue, html.UnescapeString(m[1]))
		}
	}
	return pages
}

// No page in any language uses a word of the workshop, shows a person, or calculates nonsense.
func TestEveryPageIsFitToBeRead(t *testing.T) {
	documents := sample(300, 40)
	h := handler(t, storeWith(t, documents, store.Gap{Source: "journal", From: now.Add(-time.Hour), To: now, Lines: 12}))
	forbidden := regexp.MustCompile(`(?i)verdict|milter|\btier|offender|complied|compliant|NaN|[+-]Inf|%!|<no value>|ZgotmplZ`)
	for _, start := range []string{"/?lang=da", "/?lang=en"} {
		pages := crawl(t, h, start, 180)
		if len(pages) < 100 {
			t.Errorf("only %d pages are linked from %s", len(pages), start)
		}
		for address, body := range pages {
			if strings.HasPrefix(address, "/assets/") {
				continue
			}
			if strings.HasPrefix(address, "/report/pdf") {
				continue // compressed; package report reads it back
			}
			if m := forbidden.FindString(body); m != "" {
				t.Errorf("%s holds %q", address, m)
			}
			if strings.Contains(body, planted) {
				t.Errorf("%s shows what no page may show", address)
			}
			for _, m := range regexp.MustCompile(`(?:href|src|action)="(https?:|//)[^"]*"`).FindAllString(body, -1) {
				t.Errorf("%s leads elsewhere: %s", address, m)
			}
			if regexp.MustCompile(`(?i)<script| style="| on[a-z]+="`).MatchString(body) {
				t.Errorf("%s holds script or inline style", address)
			}
		}
	}
}

var (
	figureLink = regexp.MustCompile(`<a (?:class="number" )?href="(/transmissions\?[^"]+)"[^>]*>([\d.,]+)(?: <span>(?:of|af)</span> [\d.,]+)?</a>`)
	leadCount  = regexp.MustCompile(`<strong>([\d.,]+) (?:mails?|transmissions?)\.`)
)

// Each figure on the page opens exactly as many transmissions as it says.
func TestFiguresOpenWhatTheyCount(t *testing.T) {
	h := handler(t, storeWith(t, sample(900, 60)))
	for _, address := range []string{"/?lang=en", "/?lang=en&period=12m", "/?lang=en&period=12m&department=B%C3%B8rn+%26+Unge", "/?lang=en&period=12m&department=-", "/?lang=en&from=2026-10-20&to=2026-10-20"} {
		_, body := get(t, h, address)
		links := figureLink.FindAllStringSubmatch(body, -1)
		if len(links) < 15 {
			t.Errorf("%s: only %d figures can be opened", address, len(links))
		}
		for _, m := range links {
			if strings.Contains(m[1], "secure-mailboxes") {
				continue // counts mailboxes; opens their mails
			}
			_, list := get(t, h, html.UnescapeString(m[1]))
			count := "0"
			if lead := leadCount.FindStringSubmatch(list); lead != nil {
				count = lead[1]
			}
			if count != m[2] {
				t.Errorf("%s: the figure %s opens %s mails: %s", address, m[2], count, m[1])
			}
		}
	}
}

var reportLink = regexp.MustCompile(`<a href="(/transmissions\?[^"]+)">([\d.,]+)(?: of [^<]+| mails?)?</a>`)

// So does each figure of the report, of its departments, weeks and months as well, and of a frozen one.
func TestFiguresOfTheReportOpenWhatTheyCount(t *testing.T) {
	h := handler(t, storeWith(t, sample(300, 60)))
	period := "?lang=en&from=2026-09-30&to=2026-11-22"
	w := post(t, h, "/report/freeze"+period, nil, nil)
	for _, address := range []string{"/report" + period, w.Header().Get("Location")} {
		_, body := get(t, h, address)
		opened := map[string]bool{}
		for _, m := range reportLink.FindAllStringSubmatch(body, -1) {
			target, err := url.Parse(html.UnescapeString(m[1]))
			if err != nil {
				t.Fatal(err)
			}
			q := target.Query()
			if opened[q.Get("q")] && q.Get("key") == "" || q.Get("q") == "secure-mailboxes" {
				continue // one week is like another
			}
			opened[q.Get("q")] = true
			_, list := get(t, h, target.String())
			count := "0"
			if lead := leadCount.FindStringSubmatch(list); lead != nil {
				count = lead[1]
			}
			if count != m[2] {
				t.Errorf("%s: the figure %s opens %s mails: %s", address, m[2], count, target)
			}
		}
		for _, id := range []string{"sent", "left-safely", "done-right-departments", "unseen-departments", "left-safely-monthly", "unseen-weekly", "recognised-protection", "held-ended", "recognised-kinds"} {
			if !opened[id] {
				t.Errorf("%s: no figure of %s can be opened", address, id)
			}
		}
		if !strings.Contains(body, "q=left-safely-unseen-departments") {
			t.Errorf("%s: the mails of the range cannot be opened", address)
		}
	}
}

// The two shares are those of the documents, counted here by hand.
func TestSharesAreRight(t *testing.T) {
	documents := sample(900, 25)
	var sent, recognised, left, safe, right, unseen, unseenLeft, unseenSafe int
	for _, d := range documents {
		if !d.First || d.MessageDirection != "outbound" {
			continue
		}
		sent++
		switch d.Level {
		case "unseen":
			unseen++
			if d.MessageLeft {
				unseenLeft++
				unseenSafe += one(d.MessageProtected == "yes")
			}
		case "sensitive", "confidential":
			recognised++
			left += one(d.MessageLeft)
			safe += one(d.MessageLeft && d.MessageProtected == "yes")
			right += one(d.DoneRight == "yes")
		}
	}
	_, body := get(t, handler(t, storeWith(t, documents)), "/?lang=en")
	for _, want := range []string{
		fmt.Sprintf(`>%d <span>of</span> %d</a> <span class="share">(%s)`, safe, left, dashboards.Percent("en", int64(safe), int64(left))),
		fmt.Sprintf(`>%d <span>of</span> %d</a>`, right, recognised),
		fmt.Sprintf("could not be seen: %d of %d (", safe+unseenSafe, left+unseenLeft),
		fmt.Sprintf("%d mails were sent", sent),
		fmt.Sprintf("q=unseen\">%d</a>", unseen),
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Of the period before, only mails of as many days just before count.
func TestPeriodBefore(t *testing.T) {
	documents := sample(900, 70)
	var left, safe int
	for _, d := range documents {
		recognised := d.Level == "sensitive" || d.Level == "confidential"
		if d.First && recognised && d.MessageLeft && !d.Time.Before(time.Date(2026, 9, 25, 0, 0, 0, 0, zone)) && d.Time.Before(time.Date(2026, 10, 25, 0, 0, 0, 0, zone)) {
			left++
			safe += one(d.MessageProtected == "yes")
		}
	}
	want := "The period before (25 September – 24 October 2026): " + dashboards.PartOf("en", int64(safe), int64(left))
	if _, body := get(t, handler(t, storeWith(t, documents)), "/?lang=en"); !strings.Contains(body, want) {
		t.Errorf("the page does not say %q", want)
	}
	if _, body := get(t, handler(t, storeWith(t, sample(900, 45))), "/?lang=en"); strings.Contains(body, "The period before") {
		t.Error("a period that is only partly known is compared with")
	}
}

// The further boards: each figure and each row opens what it counts, and nobody is named.
func TestBoards(t *testing.T) {
	h := handler(t, storeWith(t, sample(900, 60)))
	opened := 0
	for _, board := range []string{"incidents", "repeated", "transport", "operations"} {
		code, body := get(t, h, "/boards?lang=en&board="+board)
		if code != http.StatusOK || strings.Contains(body, planted) {
			t.Errorf("%s answers %d, or names what it must not", board, code)
		}
		for _, m := range figureLink.FindAllStringSubmatch(body, -1) {
			if strings.Contains(m[1], "q=open-senders") || strings.Contains(m[1], "q=open-recipients") {
				continue // counts people; opens their transmissions
			}
			_, list := get(t, h, html.UnescapeString(m[1]))
			count := "0"
			if lead := leadCount.FindStringSubmatch(list); lead != nil {
				count = lead[1]
			}
			if opened++; count != m[2] {
				t.Errorf("%s: the figure %s opens %s: %s", board, m[2], count, m[1])
			}
		}
	}
	if opened < 20 {
		t.Errorf("only %d figures can be opened", opened)
	}
	if code, _ := get(t, h, "/boards?board=ombudsman"); code != http.StatusNotFound {
		t.Errorf("what is no further board answers %d", code)
	}
	if _, body := get(t, h, "/boards?lang=en&board=repeated"); !strings.Contains(body, "q=open-copies") || strings.Contains(body, "repeat-senders") || strings.Contains(body, "repeat-recipients") {
		t.Error("the board of what is repeated lacks its figures, or ranks people")
	}
}

// Each single figure stands beside what it was in the period before, counted here by hand, for the department that is looked at.
func TestFiguresBefore(t *testing.T) {
	documents := sample(900, 70)
	begin := time.Date(2026, 9, 25, 0, 0, 0, 0, zone)
	sent, unseen := map[string]int{}, map[string]int{}
	for _, d := range documents {
		if d.First && d.MessageDirection == "outbound" && !d.Time.Before(begin) && d.Time.Before(begin.AddDate(0, 0, 30)) {
			for _, of := range []string{"all", d.Department} {
				sent[of]++
				unseen[of] += one(d.Level == "unseen")
			}
		}
	}
	h := handler(t, storeWith(t, documents))
	for _, department := range []string{"all", "Jobcenter"} {
		_, body := get(t, h, "/?lang=en&department="+strings.TrimPrefix(department, "all"))
		for id, n := range map[string]int{"sent": sent[department], "unseen": unseen[department]} {
			at := regexp.MustCompile(`q=` + id + `">\d+</a></dd><dd class="before">before: (\d+)</dd>`).FindStringSubmatch(body)
			if at == nil || at[1] != fmt.Sprint(n) || n == 0 {
				t.Errorf("%q: %s was %d before, the page says %q", department, id, n, at)
			}
		}
		if strings.Contains(body[strings.Index(body, "q=held-now"):], "before") && regexp.MustCompile(`q=held-now">\d+</a></dd><dd class="before">`).MatchString(body) {
			t.Error("what is held now is compared with what was never counted then")
		}
	}
	if _, body := get(t, handler(t, storeWith(t, sample(900, 45))), "/?lang=en"); strings.Contains(body, `class="before"`) {
		t.Error("figures are compared with a period that is only partly known")
	}
}

// A measure stands on the trends, and its title is only for those who see the register.
func TestMeasuresStandOnTheTrends(t *testing.T) {
	s := storeWith(t, sample(300, 40))
	for i, m := range []supervise.Measure{{Date: "2026-11-10", Kind: "instruction", Title: "New instruction"}, {Date: "2026-11-11", Kind: "complaint", Title: "A complaint"}, {Date: "2026-10-22", Kind: "instruction", Title: "Old instruction"},
		{Date: "2025-11-11", Kind: "course", Title: "Long ago"}, {Date: "2026-11-12", Kind: "course", Title: "For others", Department: "Elsewhere"}} {
		e, err := supervise.Write(supervise.Measures, fmt.Sprint("m", i), 1, "officer", now, m)
		if err == nil {
			err = s.AddEntry(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	h := handler(t, s)
	_, body := get(t, h, "/?lang=en&department=Jobcenter")
	if n := strings.Count(body, `class="moment"`); n < 2 || strings.Count(body, "<li>2026-11-10 · instruction · New instruction</li>") != n {
		t.Errorf("%d charts have the instruction", n)
	}
	for _, other := range []string{"A complaint", "Long ago", "For others"} {
		if strings.Contains(body, other) {
			t.Errorf("the trends tell of %q", other)
		}
	}
	if _, body := get(t, as(t, h, login.Viewer), "/?lang=en"); strings.Contains(body, "Old instruction") || !strings.Contains(body, `class="moment"`) {
		t.Error("a viewer is not shown that there was an instruction, or is shown its title")
	}
}

func TestEmptyStates(t *testing.T) {
	none := handler(t, storeWith(t, nil))
	old := sample(30, 20)
	for i := range old {
		old[i].Time = old[i].Time.AddDate(-2, 0, 0)
	}
	oldOnly := handler(t, storeWith(t, old))
	harmless := sample(1, 1)
	harmless[0].Level, harmless[0].Kinds, harmless[0].DoneRight, harmless[0].MessageDirection = "none", nil, "", "outbound"
	quiet := handler(t, storeWith(t, harmless))
	for _, c := range []struct {
		name, address, want string
		h                   http.Handler
	}{
		{"new", "/?lang=en", "postvagt-agent doctor", none},
		{"new, Danish", "/?lang=da", "Der er endnu ikke set nogen mails", none},
		{"old mails only", "/?lang=en", "Show the last 30 days that have mail", oldOnly},
		{"department without mail", "/?lang=en&department=Uden+mail", "The department Uden mail has no mail", quiet},
		{"nothing recognised", "/?lang=en", "That does not show that there was none", quiet},
		{"empty list", "/transmissions?lang=en&q=held", "There is no transmission here", quiet},
	} {
		code, body := get(t, c.h, c.address)
		if code != http.StatusOK || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d, and does not say %q", c.name, code, c.want)
		}
		if regexp.MustCompile(`\b(0|100)(\x{a0}| )%`).MatchString(body) {
			t.Errorf("%s: shows a share of nothing", c.name)
		}
	}
	_, body := get(t, oldOnly, "/?lang=en")
	for _, m := range hrefs.FindAllStringSubmatch(body, -1) {
		if strings.Contains(m[1], "from=2024") {
			if _, there := get(t, oldOnly, html.UnescapeString(m[1])); !strings.Contains(there, "Left safely") {
				t.Error("the way out of the empty page leads to an empty page")
			}
			return
		}
	}
	t.Error("the empty page offers no period that has mail")
}

func TestUnjudgedMailIsSaid(t *testing.T) {
	documents := sample(20, 5)
	for i := range documents {
		documents[i].Level, documents[i].Kinds = "unknown", nil
	}
	if _, body := get(t, handler(t, storeWith(t, documents)), "/?lang=en"); !strings.Contains(body, "none of them has been judged") {
		t.Error("a check that is not connected goes unsaid")
	}
}

func TestDeletedDetailsAreSaid(t *testing.T) {
	s := storeWith(t, sample(300, 60))
	if _, err := s.Purge(t.Context(), store.Retention{Details: now.AddDate(0, 0, -20)}, now); err != nil {
		t.Fatal(err)
	}
	h := handler(t, s)
	for address, want := range map[string]bool{"/?lang=en": true, "/transmissions?lang=en&q=sent": true, "/?lang=en&from=2026-11-20&to=2026-11-23": false} {
		if code, body := get(t, h, address); code != http.StatusOK || strings.Contains(body, "before 3 November 2026 were deleted") != want {
			t.Errorf("%s answers %d, and says or hides what was deleted", address, code)
		}
	}
}

func TestBadAddresses(t *testing.T) {
	h := handler(t, storeWith(t, sample(5, 5)))
	for address, want := range map[string]int{
		"/?from=2026-11-02&to=2026-11-01":                      http.StatusBadRequest,
		"/?from=2026-13-01&to=2026-11-01":                      http.StatusBadRequest,
		"/?from=2026-11-01":                                    http.StatusBadRequest,
		"/?from=1995-01-01&to=2026-11-01":                      http.StatusBadRequest,
		"/?period=century":                                     http.StatusBadRequest,
		"/transmissions?page=0":                                http.StatusBadRequest,
		"/transmissions?page=x":                                http.StatusBadRequest,
		"/transmissions?q=nonsense":                            http.StatusNotFound,
		"/transmissions?q=sent&part=rest":                      http.StatusNotFound,
		"/transmissions?q=left-safely&part=none":               http.StatusNotFound,
		"/transmissions?q=sent&key=x":                          http.StatusNotFound,
		"/transmissions/nonsense":                              http.StatusNotFound,
		"/no/such/page":                                        http.StatusNotFound,
		"/assets/none.css":                                     http.StatusNotFound,
		"/?department=%3Cscript%3Ealert(1)%3C%2Fscript%3E":     http.StatusOK,
		"/?lang=xx&period=" + url.QueryEscape("<b>"):           http.StatusBadRequest,
		"/?lang=da&from=" + url.QueryEscape("\"><b>") + "&to=": http.StatusBadRequest,
	} {
		code, body := get(t, h, address)
		if code != want {
			t.Errorf("%s answers %d, want %d", address, code, want)
		}
		if strings.Contains(body, "<b>") || strings.Contains(body, "<script>") {
			t.Errorf("%s comes back as markup", address)
		}
	}
}

func TestOnlyLoopbackNamesAreAnswered(t *testing.T) {
	h, err := New(Options{Store: storeWith(t, nil), Breaches: registerOf(storeWith(t, nil)), Hosts: []string{"postvagt.nordvig.example"}})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"127.0.0.1:8480": 200, "localhost:8480": 200, "[::1]:8480": 200, "LOCALHOST": 200, "127.8.8.8": 200, "postvagt.nordvig.example": 200,
		"evil.example:8480": 421, "127.0.0.1.evil.example": 421, "192.0.2.7:8480": 421, "": 421, "localhost.evil.example": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/login", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("host %q is answered with %d, want %d", host, w.Code, want)
		}
	}
}

func TestHeadersAndMethods(t *testing.T) {
	h := handler(t, storeWith(t, sample(5, 5)))
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8480/?lang=da", nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cache-Control": "no-store", "Content-Language": "da", "Content-Type": "text/html; charset=utf-8"} {
		if got := w.Header().Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
	if strings.Contains(w.Header().Get("Content-Security-Policy"), "unsafe") {
		t.Error("the content security policy allows what is unsafe")
	}
	r = httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8480/", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("a form of another site is answered with %d", w.Code)
	}
}

// A failing store tells the reader nothing of its insides.
func TestStoreFails(t *testing.T) {
	code, body := get(t, handler(t, brokenStore{storeWith(t, nil)}), "/?lang=en")
	if code != http.StatusInternalServerError || strings.Contains(body, "disk") {
		t.Errorf("%d, inner error shown: %v", code, strings.Contains(body, "disk"))
	}
}

type brokenStore struct{ Store }

func (brokenStore) Overview(context.Context) (dashboards.Overview, error) {
	return dashboards.Overview{}, errors.New("disk on fire")
}

func TestLanguageOfTheBrowser(t *testing.T) {
	h := handler(t, storeWith(t, nil))
	for accept, want := range map[string]string{"": "en", "da-DK,da;q=0.9,en;q=0.8": "da", "de,en;q=0.5,da;q=0.3": "en", "EN-us": "en", "fi": "en"} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8480/", nil)
		r.Header.Set("Accept-Language", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Language"); got != want {
			t.Errorf("%q gets %s", accept, got)
		}
	}
}

// The two languages of a page say the same numbers.
func TestLanguagesAgree(t *testing.T) {
	h := handler(t, storeWith(t, sample(400, 40)))
	digits := regexp.MustCompile(`(?s)<dd><a class="number"[^>]*>([\d.,]+)</a>`)
	numbers := func(lang string) (all []string) {
		_, body := get(t, h, "/?period=12m&lang="+lang)
		for _, m := range digits.FindAllStringSubmatch(body, -1) {
			all = append(all, strings.NewReplacer(".", "", ",", "").Replace(m[1]))
		}
		return all
	}
	if da, en := numbers("da"), numbers("en"); len(da) < 10 || !slices.Equal(da, en) {
		t.Errorf("%d figures in Danish, %d in English, or they differ", len(da), len(en))
	}
}

func TestTextsAreWholeAndUsed(t *testing.T) {
	sources, err := pageFiles.ReadDir("pages")
	if err != nil {
		t.Fatal(err)
	}
	var templates strings.Builder
	for _, e := range sources {
		b, err := pageFiles.ReadFile("pages/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		templates.Write(b)
	}
	for _, m := range regexp.MustCompile(`Say "([^"]+)"`).FindAllStringSubmatch(templates.String(), -1) {
		if _, ok := texts[m[1]]; !ok {
			t.Errorf("a page says %q, which is no text", m[1])
		}
	}
	for name, text := range texts {
		if text.DA == "" || text.EN == "" {
			t.Errorf("%s lacks a language", name)
		}
		if strings.Count(text.DA, "%s") != strings.Count(text.EN, "%s") {
			t.Errorf("%s takes other values in Danish than in English", name)
		}
	}
	code := sourceText(t)
	for name := range texts {
		joined := regexp.MustCompile(`^(held|role|access|measure|point|answer|register|clock|said|signal|draft|risk|way|ground|judged|repeated|rule|type)[-.]|^(control|sample)\.`).MatchString(name) // made of a value
		if !joined && !strings.Contains(templates.String()+code, `"`+name+`"`) {
			t.Errorf("nobody says %q", name)
		}
	}
}

// sourceText returns the code of the package without its texts and tests.
func sourceText(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		if strings.HasPrefix(name, "texts") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

func TestDocumentOfEachShapeHasAPage(t *testing.T) {
	odd := []event.Document{{Key: "bare", Time: now}, {Key: "odd", Time: now, Evidence: []string{"no colon", "a:b", ":", ""}, Recipients: 3, Kinds: []string{"new-kind"}, Protection: "smime"}}
	h := handler(t, storeWith(t, odd))
	for _, d := range odd {
		if code, body := get(t, h, "/transmissions/"+d.Key+"?lang=da"); code != http.StatusOK || !strings.Contains(body, "Bevis") {
			t.Errorf("%s answers %d", d.Key, code)
		}
	}
}

// Whatever an address holds, it is answered, or refused with a reason; nothing in it makes the server fail.
func FuzzAddress(f *testing.F) {
	s, err := store.Open(f.Context(), filepath.Join(f.TempDir(), "postvagt.db"), store.In(zone))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	if err := s.Commit(f.Context(), store.Batch{Documents: sample(40, 20)}); err != nil {
		f.Fatal(err)
	}
	addUsers(f, s)
	h, err := New(Options{Store: s, Breaches: registerOf(s), Now: func() time.Time { return now }, Zone: zone, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	h = as(f, h, login.Officer)
	for _, seed := range []string{"", "lang=da&period=12m", "from=2026-01-01&to=2026-02-30", "q=left-safely&part=rest&key=-", "q=recognised-kinds&key=health&page=2", "department=%00", "q=held-ended&key=%ff"} {
		f.Add("/transmissions", seed)
		f.Add("/", seed)
		f.Add("/report", seed)
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		r := &http.Request{Method: http.MethodGet, Host: "127.0.0.1", URL: &url.URL{Path: "/" + strings.TrimPrefix(path, "/"), RawQuery: query}, Header: http.Header{}}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(t.Context()))
		if w.Code >= 500 || w.Code == http.StatusOK && strings.Contains(w.Body.String(), "%!") {
			t.Errorf("%q?%q is answered with %d", path, query, w.Code)
		}
	})
}

// The operations page says when the check could not be reached, and for how long in the period.
func TestOperationsSayWhenTheCheckWasAway(t *testing.T) {
	s := storeWith(t, sample(50, 40))
	h := handler(t, s)
	if _, body := get(t, h, "/boards?board=operations&lang=en"); !strings.Contains(body, "The log shows no time in which a mail server did not reach the check") {
		t.Error("without an outage the page does not say so")
	}
	outages := store.HostOutages{Host: "edge", Since: now.AddDate(-1, 0, 0), Until: now, All: []store.Outage{
		{Host: "edge", From: now.AddDate(0, -6, 0), To: now.AddDate(0, -6, 1)}, // before the period
		{Host: "edge", From: now.Add(-50 * time.Hour), To: now.Add(-49 * time.Hour)},
		{Host: "edge", From: now.Add(-25 * time.Minute)},
	}}
	if err := s.Commit(t.Context(), store.Batch{Outages: []store.HostOutages{outages}}); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{"en": {"For 1:25 (hours:minutes)", ">edge</th>", ">it lasts</td>", ">1:00</td>", ">0:25</td>"}, "da": {"I alt 1:25 (timer:minutter)", ">varer ved</td>"}} {
		_, body := get(t, h, "/boards?board=operations&lang="+lang)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: the page does not say %q", lang, w)
			}
		}
		if n := strings.Count(body, ">edge</th>"); n != 2 {
			t.Errorf("%s: %d outages are listed", lang, n)
		}
	}
}
