package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"postvagt/agent/login"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// A session ends after so long without a page, and after so long in any case.
const (
	idle     = 30 * time.Minute
	lifetime = 10 * time.Hour
)

var errForbidden = errors.New("not for this role")

// sessions are kept in memory: no token ever lies on disk or in a backup, and all end with the agent. The cookie of
// names that are not loopback's goes by TLS only.
type sessions struct{ plain, secure *scs.SessionManager }

func newSessions() sessions {
	store := memstore.NewWithCleanupInterval(idle)
	manager := func(secure bool, name string) *scs.SessionManager {
		m := scs.New()
		m.Store, m.IdleTimeout, m.Lifetime, m.HashTokenInStore = store, idle, lifetime, true
		m.Cookie.Name, m.Cookie.HttpOnly, m.Cookie.SameSite, m.Cookie.Secure, m.Cookie.Persist = name, true, http.SameSiteLaxMode, secure, false
		return m
	}
	return sessions{manager(false, "postvagt"), manager(true, "__Host-postvagt")}
}

func (s sessions) of(r *http.Request) *scs.SessionManager {
	if loopbackName(r.Host) {
		return s.plain
	}
	return s.secure
}

// wrap loads and saves the session of each request.
func (s sessions) wrap(next http.Handler) http.Handler {
	plain, secure := s.plain.LoadAndSave(next), s.secure.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.of(r) == s.plain {
			plain.ServeHTTP(w, r)
			return
		}
		secure.ServeHTTP(w, r)
	})
}

type userKey struct{}

func withUser(ctx context.Context, u login.User) context.Context {
	return context.WithValue(ctx, userKey{}, u)
}

// userIn is who asks; the zero User for nobody.
func userIn(ctx context.Context) login.User {
	u, _ := ctx.Value(userKey{}).(login.User)
	return u
}

// loggedIn returns whose session a request bears. It ends with each change of the user.
func (s *site) loggedIn(r *http.Request) (login.User, bool, error) {
	session := s.sessions.of(r)
	name := session.GetString(r.Context(), "user")
	if name == "" {
		return login.User{}, false, nil
	}
	u, known, err := s.Store.User(r.Context(), name)
	if err != nil || !known || u.Disabled || u.Revision != session.GetInt64(r.Context(), "revision") {
		return login.User{}, false, err
	}
	return u, true, nil
}

// askWho leads to the page to log in, and back to where the reader wanted to go.
func (s *site) askWho(w http.ResponseWriter, r *http.Request) {
	to := url.Values{}
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to.Set("next", r.URL.RequestURI())
	}
	if lang := r.URL.Query().Get("lang"); lang != "" {
		to.Set("lang", lang)
	}
	http.Redirect(w, r, "/login?"+to.Encode(), http.StatusSeeOther)
}

// loginPage is where one logs in, or, while there is nobody who could, how to make the first user.
type loginPage struct {
	First, Refused bool
	Next           string
}

func (p loginPage) title(lang string) string {
	if p.First {
		return texts["first-title"].In(lang)
	}
	return texts["login-title"].In(lang)
}

func (s *site) loginPage(r *http.Request, v view) (string, any, error) {
	all, err := s.Store.Users(r.Context())
	return "login", loginPage{First: len(all) == 0, Next: within(v.query.Get("next"))}, err
}

// within keeps an address that leads into this site, and nowhere else.
func within(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}

// home is a user's first page.
func home(u login.User) string {
	if u.Only(login.Sender) {
		return "/held"
	}
	return "/"
}

// login begins a session.
func (s *site) login(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r) // the period does not matter here
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	name, password := strings.ToLower(strings.TrimSpace(r.PostFormValue("name"))), r.PostFormValue("password")
	u, err := s.try(r.Context(), name, password)
	if err != nil && !errors.Is(err, login.ErrRefused) {
		s.fail(w, r, err)
		return
	}
	r = r.WithContext(withUser(r.Context(), u))
	if err != nil {
		if err := s.note(r, "login-refused", ""); err != nil {
			s.fail(w, r, err)
			return
		}
		r = r.WithContext(withUser(r.Context(), login.User{}))
		s.render(w, r, v, http.StatusUnauthorized, "login", loginPage{Refused: true, Next: within(r.PostFormValue("next"))})
		return
	}
	if err := errors.Join(s.begin(r, u), s.note(r, "login", "")); err != nil {
		s.fail(w, r, err)
		return
	}
	to := within(r.PostFormValue("next"))
	if page, query, _ := strings.Cut(to, "?"); page == "/" {
		to = strings.TrimSuffix(home(u)+"?"+query, "?")
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// begin binds the session to a user, under a new token.
func (s *site) begin(r *http.Request, u login.User) error {
	session := s.sessions.of(r)
	if err := session.RenewToken(r.Context()); err != nil {
		return err
	}
	session.Put(r.Context(), "user", u.Name)
	session.Put(r.Context(), "revision", u.Revision)
	return nil
}

// try returns the user whose name and password these are, or login.ErrRefused and, where there is one, the user of
// the name. The attempt counts before the password is looked at, one at a time: each takes 64 MiB.
func (s *site) try(ctx context.Context, name, password string) (login.User, error) {
	s.trying.Lock()
	defer s.trying.Unlock()
	u, known, err := s.Store.User(ctx, name)
	if err != nil {
		return u, err
	}
	if !known {
		login.Verify("", password)
		return u, login.ErrRefused
	}
	if err := s.Store.ChangeUser(ctx, name, func(u *login.User) error { return u.Attempt(s.Now()) }); err != nil {
		return u, err
	}
	if !login.Verify(u.Hash, password) {
		return u, login.ErrRefused
	}
	err = s.Store.ChangeUser(ctx, name, func(stored *login.User) error {
		stored.Succeed(s.Now())
		return nil
	})
	return u, err
}

func (s *site) logout(w http.ResponseWriter, r *http.Request) {
	if err := errors.Join(s.sessions.of(r).Destroy(r.Context()), s.note(r, "logout", "")); err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
