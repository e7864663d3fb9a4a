package maillog

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// macSize is the number of bytes of HMAC-SHA-256 that a line carries.
const macSize = 8

// signed says whether the text carries the MAC of all that stands before it.
func (p *Parser) signed(text, mac string) bool {
	if len(p.opt.MACKey) == 0 || mac == "" {
		return false
	}
	body, ok := strings.CutSuffix(text, " mac="+mac)
	if !ok {
		return false
	}
	return hmac.Equal([]byte(macOf(p.opt.MACKey, body)), []byte(mac))
}

// macOf is the MAC of a line without one.
func macOf(key []byte, body string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(body))
	return hex.EncodeToString(h.Sum(nil)[:macSize])
}
