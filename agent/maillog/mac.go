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
	h := hmac.New(sha256.New, p.opt.MACKey)
	h.Write([]byte(body))
	return hmac.Equal([]byte(hex.EncodeToString(h.Sum(nil)[:macSize])), []byte(mac))
}
