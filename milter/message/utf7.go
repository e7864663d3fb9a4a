package message

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"unicode/utf16"
)

// utf7Reader decodes UTF-7 (RFC 2152); what is no valid shift sequence is passed on as it stands.
type utf7Reader struct {
	r   *bufio.Reader
	out []byte
}

// utf7Run bounds one shifted run; a longer one is decoded in several steps.
const utf7Run = 3 << 10

func (u *utf7Reader) Read(p []byte) (int, error) {
	if len(u.out) == 0 {
		if err := u.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf7Reader) more() error {
	head, err := u.r.Peek(utf7Run + 8)
	if len(head) == 0 {
		return err
	}
	plus := bytes.IndexByte(head, '+')
	if plus != 0 {
		if plus < 0 {
			plus = len(head)
		}
		u.out = appendLenient(u.out[:0], head[:plus])
		u.r.Discard(plus)
		return nil
	}
	end := 1
	for end < len(head) && end < utf7Run && isBase64Byte(head[end]) && head[end] != '=' {
		end++
	}
	run := head[1:end]
	skip := end
	if end < len(head) && head[end] == '-' {
		skip++
	}
	u.out = u.out[:0]
	if len(run) == 0 {
		u.out = append(u.out, '+')
		if skip == 2 || len(head) == 1 {
			u.r.Discard(skip)
			return nil
		}
		u.r.Discard(1)
		return nil
	}
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
	n, _ := base64.RawStdEncoding.Decode(raw, run)
	wide := make([]uint16, 0, n/2)
	for i := 0; i+1 < n; i += 2 {
		wide = append(wide, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	u.out = append(u.out, string(utf16.Decode(wide))...)
	if len(u.out) == 0 {
		u.out = append(u.out, head[:skip]...)
	}
	u.r.Discard(skip)
	return nil
}
