package login

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Parameters of Argon2id: the second recommended option of RFC 9106, section 4.
const (
	passes  = 3
	memory  = 64 << 10 // KiB
	lanes   = 4
	saltLen = 16
	keyLen  = 32
)

// MinPassword is the least number of characters of a password.
const MinPassword = 12

const maxPassword = 1024 // bytes

// CheckPassword says what is wrong with a password that somebody chose.
func CheckPassword(name, password string) error {
	switch {
	case !utf8.ValidString(password) || len(password) > maxPassword:
		return errors.New("the password is not text, or longer than 1024 bytes")
	case utf8.RuneCountInString(password) < MinPassword:
		return fmt.Errorf("the password is too short: at least %d characters, several words for instance", MinPassword)
	case strings.EqualFold(password, name) || strings.Count(password, password[:1]) == len(password):
		return errors.New("the password is the name, or one character many times")
	}
	return nil
}

// Hash returns what is kept of a password, in the form of the Argon2 reference program:
// $argon2id$v=19$m=65536,t=3,p=4$SALT$KEY.
func Hash(password string) string {
	salt := make([]byte, saltLen)
	rand.Read(salt) // never fails, crypto/rand
	key := argon2.IDKey([]byte(password), salt, passes, memory, lanes, keyLen)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, text(salt), text(key))
}

// nobody is the hash that the password of an unknown user is held against, so that it takes as long to refuse.
const nobody = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Verify says whether a password is the one that was hashed; "" is the hash of nobody. It needs 64 MiB for about a
// tenth of a second.
func Verify(hash, password string) bool {
	if hash == "" {
		hash = nobody
	}
	var version, m, t, p uint32
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || len(password) > maxPassword {
		return false
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &m, &t, &p); err != nil || version != argon2.Version {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(key) < keyLen || t == 0 || m > 1<<20 || p == 0 || p > 255 {
		return false
	}
	return subtle.ConstantTimeCompare(argon2.IDKey([]byte(password), salt, t, m, uint8(p), uint32(len(key))), key) == 1
}
