package verdict

import "strings"

// BaseAddress gives an address without its detail, the part from + to @ (RFC 5233): anna+sag@x.example is anna@x.example. Any
// other is given as it is.
func BaseAddress(addr string) string {
	local, domain, ok := strings.Cut(addr, "@")
	if head, _, detail := strings.Cut(local, "+"); ok && detail && head != "" {
		return head + "@" + domain
	}
	return addr
}
