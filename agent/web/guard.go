package web

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// policy lets a page load only what this server serves, and run nothing.
const policy = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers of every answer and refuses names that are not ours.
func (s *site) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !s.ours(r.Host) {
			http.Error(w, "This address is not known here. Use http://127.0.0.1 or name the host in agent.toml.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *site) ours(hostport string) bool {
	return loopbackName(hostport) || slices.ContainsFunc(s.Hosts, func(h string) bool { return strings.EqualFold(h, hostOf(hostport)) })
}

// loopbackName says whether a host names this very machine.
func loopbackName(hostport string) bool {
	ip := net.ParseIP(hostOf(hostport))
	return ip != nil && ip.IsLoopback() || hostOf(hostport) == "localhost"
}

func hostOf(hostport string) string {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
}
