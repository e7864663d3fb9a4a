package postfix

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// User is who asks the maps.
type User struct {
	UID    uint32
	Groups []uint32
}

// Unreadable names the TLS policy maps that a user cannot read, each with what stands in the way: for their recipients
// nothing is promised. With routes also the tables that choose next hops. It looks at the files' rights; nobody needs to become that user.
func (p *Postfix) Unreadable(ctx context.Context, u User, routes bool) (faults []string, err error) {
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
		if why := u.cannotAsk(table); why != "" {
			faults = append(faults, fmt.Sprintf("smtp_tls_policy_maps: %s: %s: its recipients count as not protected by TLS", table, why))
		}
	}
	for _, param := range routingTables {
		for _, table := range splitList(set.routing[param]) {
			if why := u.cannotAsk(strings.TrimLeft(table, "!")); routes && why != "" {
				faults = append(faults, fmt.Sprintf("%s: %s: %s: no recipient's next hop is known, and all count as not protected by TLS", param, table, why))
			}
		}
	}
	return faults, nil
}

// cannotAsk says why a map cannot be asked, "" when it can.
func (u User) cannotAsk(table string) string {
	if strings.HasPrefix(table, "/") { // a file of domains
		return u.cannotRead(table)
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
	return u.cannotRead(path + suffix)
}

// cannotRead looks at the rights of a file and of each folder above it.
func (u User) cannotRead(path string) string {
	for dir := filepath.Dir(path); dir != "/"; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err != nil || !u.may(info, 0o1) {
			return "the folder " + dir + " is closed to the milter's user"
		}
	}
	switch info, err := os.Stat(path); {
	case os.IsNotExist(err):
		return path + " is missing (postmap makes it)"
	case err != nil || !u.may(info, 0o4):
		return path + " cannot be read by the milter's user"
	}
	return ""
}

// may says whether the rights of a file grant bit, one of 04, 02, 01, to the user.
func (u User) may(info os.FileInfo, bit os.FileMode) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	mode := info.Mode().Perm()
	switch {
	case !ok || u.UID == 0:
		return true
	case s.Uid == u.UID:
		return mode&(bit<<6) != 0
	case slices.Contains(u.Groups, s.Gid):
		return mode&(bit<<3) != 0
	}
	return mode&bit != 0
}
