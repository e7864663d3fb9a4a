package postfix

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"postvagt/milter/program"
)

// milterUser is the daemon, in what is said.
const milterUser = "the milter's user"

// Unreadable names the TLS policy maps that a user cannot read, each with what stands in the way: for their recipients
// nothing is promised. With routes also the tables that choose next hops. It looks at the files' rights; nobody needs to become that user.
func (p *Postfix) Unreadable(ctx context.Context, u program.User, routes bool) (faults []string, err error) {
	set, err := p.sending(ctx)
	if err != nil {
		return nil, err
	}
	var tables []string
	for _, c := range set.client {
		if !c.local {
			tables = append(tables, splitList(c.maps)...)
		}
	}
	slices.Sort(tables)
	for _, table := range slices.Compact(tables) {
		if why := cannotAsk(u, table); why != "" {
			faults = append(faults, fmt.Sprintf("smtp_tls_policy_maps: %s: %s: its recipients count as not protected by TLS", table, why))
		}
	}
	for _, param := range routingTables {
		for _, table := range splitList(set.routing[param]) {
			if why := cannotAsk(u, strings.TrimLeft(table, "!")); routes && why != "" {
				faults = append(faults, fmt.Sprintf("%s: %s: %s: no recipient's next hop is known, and all count as not protected by TLS", param, table, why))
			}
		}
	}
	return faults, nil
}

// cannotAsk says why a map cannot be asked, "" when it can.
func cannotAsk(u program.User, table string) string {
	if strings.HasPrefix(table, "/") { // a file of domains
		return u.CannotRead(table, "postmap", milterUser)
	}
	kind, path, _ := strings.Cut(table, ":")
	if kind == "proxy" && u.UID != 0 {
		return "only Postfix's own programs may ask the proxymap server"
	}
	suffix, ok := map[string]string{"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".dir",
		"texthash": "", "pcre": "", "regexp": "", "cidr": "", "ldap": "", "mysql": "", "pgsql": "", "sqlite": ""}[kind]
	if !ok || !filepath.IsAbs(path) {
		return ""
	}
	return u.CannotRead(path+suffix, "postmap", milterUser)
}
