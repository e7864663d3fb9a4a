package program

import (
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// User is one whose rights are looked at; nobody needs to become that user.
type User struct {
	UID    uint32
	Groups []uint32
}

// LookupUser finds a user of this host by name.
func LookupUser(name string) (User, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return User{}, err
	}
	out := User{UID: number(u.Uid), Groups: []uint32{number(u.Gid)}}
	groups, err := u.GroupIds()
	if err != nil {
		return out, nil // its own group is known
	}
	for _, g := range groups {
		out.Groups = append(out.Groups, number(g))
	}
	return out, nil
}

// CurrentUser is whoever runs the program.
func CurrentUser() User {
	u := User{UID: uint32(os.Geteuid()), Groups: []uint32{uint32(os.Getegid())}}
	groups, err := os.Getgroups()
	if err != nil {
		return u
	}
	for _, g := range groups {
		u.Groups = append(u.Groups, uint32(g))
	}
	return u
}

// number is an id as the system prints it.
func number(id string) uint32 {
	n, err := strconv.ParseUint(id, 10, 32)
	if err != nil {
		return 65534 // nobody
	}
	return uint32(n)
}

// May says whether the rights of a file grant bit, one of 04, 02, 01, to the user.
func (u User) May(info os.FileInfo, bit os.FileMode) bool {
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

// CannotRead looks at the rights of a file and of each folder above it, and says what keeps the user from it, "" for nothing. makes is
// the command that makes the file, and who names the user in what is said.
func (u User) CannotRead(path, makes, who string) string {
	for dir := filepath.Dir(path); dir != "/" && dir != "."; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err != nil || !u.May(info, 0o1) {
			return "the folder " + dir + " is closed to " + who
		}
	}
	switch info, err := os.Stat(path); {
	case os.IsNotExist(err):
		return path + " is missing (" + makes + " makes it)"
	case err != nil || !u.May(info, 0o4):
		return path + " cannot be read by " + who
	}
	return ""
}
