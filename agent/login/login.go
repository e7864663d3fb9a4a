// Package login says who may use the pages, what each may do there, and what is written down of it. It knows
// neither pages nor database: users and the access log are kept by package store, asked for by package web, and
// made on the command line.
//
// # Roles
//
//	viewer    reads figures; numbers under five are not shown
//	officer   reads figures and cases; sees a sender only inside an incident, with a reason that is written down
//	reviewer  decides on held mail of the departments of theirs
//	reader    beside reviewer: may read the content of such mail, with a reason that is written down; its sender is told
//	sender    sees held mail of their own, and decides on it with a reason where the department leaves that to senders
//	dpo       reads and comments, and decides nothing (GDPR Art. 38(6))
//	auditor   reads all that the officer reads, and the access log; changes nothing
//	admin     sees that the pages work and who may use them; sees no transmission and no person
//
// viewer, officer, reviewer, reader and sender may be held by one person. The other three stand alone: who oversees does not decide.
package login

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Role is what a user may do.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"
	Officer  Role = "officer"
	Reviewer Role = "reviewer"
	Reader   Role = "reader"
	Sender   Role = "sender"
	DPO      Role = "dpo"
	Auditor  Role = "auditor"
	Admin    Role = "admin"
)

// Roles are all roles, in the order in which they are named to people.
func Roles() []Role { return []Role{Viewer, Officer, Reviewer, Reader, Sender, DPO, Auditor, Admin} }

// User is somebody who may log in.
type User struct {
	Name        string
	Roles       []Role
	Departments []string // of a reviewer
	Addresses   []string // the person's own mail addresses: nobody decides on mail of their own
	Hash        string   // of the password, as Hash writes it
	Revision    int64    // rises with each change of roles, departments or password; sessions of an older one have ended
	Disabled    bool
	Failures    int       // wrong passwords in a row
	LockedUntil time.Time // zero: not locked
	Created     time.Time
	LastLogin   time.Time
}

// Is says whether the user holds one of the roles.
func (u User) Is(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(u.Roles, r) })
}

// Only says whether the user holds the role and no other.
func (u User) Only(role Role) bool { return len(u.Roles) == 1 && u.Roles[0] == role }

// Owns says whether an address is the user's own, also under a sub-address, as the helper for held mail knows it.
func (u User) Owns(address string) bool {
	return slices.ContainsFunc(u.Addresses, func(own string) bool { return strings.EqualFold(base(own), base(address)) })
}

// base leaves out the part of an address between + and @.
func base(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if head, _, sub := strings.Cut(local, "+"); ok && sub && head != "" {
		return head + "@" + domain
	}
	return address
}

var names = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?$`)

// Check says what is wrong with a user.
func (u User) Check() error {
	if !names.MatchString(u.Name) {
		return fmt.Errorf("%q is no name to log in with: small letters, digits and . _ @ - only, at most 64 of them", u.Name)
	}
	if len(u.Roles) == 0 {
		return fmt.Errorf("%s has no role: name one of %s", u.Name, roleNames())
	}
	for _, r := range u.Roles {
		if !slices.Contains(Roles(), r) {
			return fmt.Errorf("%q is no role: it is one of %s", r, roleNames())
		}
	}
	if len(u.Roles) > 1 && u.Is(DPO, Auditor, Admin) {
		return fmt.Errorf("%s: the roles dpo, auditor and admin stand alone, since who oversees must not decide: make a second user", u.Name)
	}
	for _, a := range u.Addresses {
		if at := strings.LastIndexByte(a, '@'); at < 1 || at == len(a)-1 || strings.ContainsAny(a, " <>,;\t\r\n") {
			return fmt.Errorf("%s: %q is no mail address", u.Name, a)
		}
	}
	if u.Is(Reviewer) && len(u.Departments) == 0 {
		return fmt.Errorf("%s: a reviewer needs a department (--department NAME, once for each)", u.Name)
	}
	if u.Is(Sender) && len(u.Addresses) == 0 {
		return fmt.Errorf("%s: a sender needs an address of their own (--address ADDRESS), by which their mail is known", u.Name)
	}
	if !u.Is(Reviewer) && len(u.Departments) > 0 {
		return fmt.Errorf("%s: only a reviewer has departments", u.Name)
	}
	return nil
}

func roleNames() string {
	var all []string
	for _, r := range Roles() {
		all = append(all, string(r))
	}
	return strings.Join(all, ", ")
}

// Lock-out: so many wrong passwords in a row lock a user for so long.
const (
	MaxFailures = 5
	LockedFor   = 15 * time.Minute
)

// ErrRefused says that a login was refused: no such user, a wrong password, locked, or disabled. Who tries is not told
// which of them.
var ErrRefused = errors.New("login refused")

// Attempt counts an attempt before its password is looked at, so that many at once gain nothing. It is ErrRefused for
// a user who is locked or disabled.
func (u *User) Attempt(now time.Time) error {
	if u.Disabled || now.Before(u.LockedUntil) {
		return ErrRefused
	}
	u.Failures++
	if u.Failures >= MaxFailures {
		u.LockedUntil, u.Failures = now.Add(LockedFor), 0
	}
	return nil
}

// Succeed ends a row of attempts with the right password.
func (u *User) Succeed(now time.Time) {
	u.Failures, u.LockedUntil, u.LastLogin = 0, time.Time{}, now
}

// Access is one line of the access log.
type Access struct {
	At     time.Time
	User   string // "" for somebody who is not logged in
	Action string // login, login-refused, logout, open, refused, sender, change
	Object string // the address that was opened, without host
	Reason string // that the user gave, "" where none is asked for
}
