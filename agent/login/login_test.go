package login

import (
	"strings"
	"testing"
	"time"
)

func TestPasswords(t *testing.T) {
	const right = "korrekt hest batteri"
	hash := Hash(right)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=4$") || hash == Hash(right) {
		t.Errorf("not Argon2id with a salt of its own: %s", hash)
	}
	for password, want := range map[string]bool{right: true, right + " ": false, "": false, strings.Repeat("x", 2000): false} {
		if Verify(hash, password) != want {
			t.Errorf("password of %d bytes: got %v", len(password), !want)
		}
	}
	for _, odd := range []string{"", "x", "$argon2id$v=19$m=65536,t=3,p=4$AAAA$", "$argon2i$v=19$m=65536,t=3,p=4$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=3,p=4$AAAA$AAAA",
		strings.Replace(hash, "t=3", "t=0", 1), strings.Replace(hash, "v=19", "v=18", 1), strings.Replace(hash, "p=4", "p=0", 1)} {
		if Verify(odd, right) {
			t.Errorf("%q takes the password", odd)
		}
	}
	for password, ok := range map[string]bool{right: true, "kort": false, "xxxxxxxxxxxxxxx": false, "anna.andersen": false, "\xff\xfe345678901234": false} {
		if err := CheckPassword("anna.andersen", password); (err == nil) != ok {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// Own addresses are known in any case and under sub-addresses, as the helper for held mail knows them.
func TestOwns(t *testing.T) {
	u := User{Addresses: []string{"Bo@kommune.example", "bo.berg+x@kommune.example"}}
	for address, want := range map[string]bool{"bo@kommune.example": true, "bo+sag@Kommune.example": true, "bo.berg@kommune.example": true, "bob@kommune.example": false,
		"bo@borger.example": false, "+bo@kommune.example": false, "": false, "bo": false} {
		if u.Owns(address) != want {
			t.Errorf("%q: %v", address, !want)
		}
	}
}

func TestUsers(t *testing.T) {
	for _, tt := range []struct {
		user User
		want string
	}{
		{User{Name: "anna", Roles: []Role{Officer}}, ""},
		{User{Name: "anna", Roles: []Role{Officer, Reviewer}, Departments: []string{"Jobcenter"}}, ""},
		{User{Name: "a.b@nordvig-kommune.example", Roles: []Role{Admin}}, ""},
		{User{Name: "Anna", Roles: []Role{Officer}}, "no name"},
		{User{Name: "", Roles: []Role{Officer}}, "no name"},
		{User{Name: "anna"}, "has no role"},
		{User{Name: "anna", Roles: []Role{"boss"}}, "is no role"},
		{User{Name: "anna", Roles: []Role{Reviewer}}, "needs a department"},
		{User{Name: "anna", Roles: []Role{Officer}, Departments: []string{"x"}}, "only a reviewer"},
		{User{Name: "anna", Roles: []Role{Sender}}, "needs an address"},
		{User{Name: "anna", Roles: []Role{Sender}, Addresses: []string{"anna@nordvig.example"}}, ""},
		{User{Name: "anna", Roles: []Role{Sender, DPO}, Addresses: []string{"anna@nordvig.example"}}, "stand alone"},
		{User{Name: "anna", Roles: []Role{DPO, Officer}}, "stand alone"},
		{User{Name: "anna", Roles: []Role{Viewer, Admin}}, "stand alone"},
	} {
		err := tt.user.Check()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v: %v, want %q", tt.user, err, tt.want)
		}
	}
}

func TestLockOut(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	u := User{Name: "anna", Roles: []Role{Officer}}
	for i := range MaxFailures {
		if err := u.Attempt(now); err != nil {
			t.Fatalf("attempt %d: %v", i+1, err)
		}
	}
	for _, at := range []time.Time{now, now.Add(LockedFor - time.Second)} {
		if u.Attempt(at) == nil {
			t.Errorf("a locked user may try %s later", at.Sub(now))
		}
	}
	if err := u.Attempt(now.Add(LockedFor)); err != nil {
		t.Errorf("still locked after %s", LockedFor)
	}
	u.Succeed(now)
	if u.Failures != 0 || !u.LockedUntil.IsZero() || !u.LastLogin.Equal(now) {
		t.Errorf("the right password leaves %+v", u)
	}
	u.Disabled = true
	if u.Attempt(now) == nil {
		t.Error("a disabled user may try")
	}
}
