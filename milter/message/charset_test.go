package message

import (
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// TestCharsets reads the same words in every charset that Nordic mail comes in, labelled rightly, wrongly
// and not at all.
func TestCharsets(t *testing.T) {
	const text = "Søren Ågård får læge på åen; nummer 010101-0101"
	wide := func(e unicode.Endianness, bom unicode.BOMPolicy) []byte {
		p, err := unicode.UTF16(e, bom).NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	narrow := func(c *charmap.Charmap) []byte {
		p, err := c.NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		label string
		data  []byte
	}{
		{"utf-8", []byte(text)}, {"", []byte(text)}, {"us-ascii", []byte(text)}, {"iso-8859-1", []byte(text)}, {"utf-16", []byte(text)},
		{"unicode-1-1-utf-8", []byte(text)}, {"unicode", []byte(text)}, {"iso-2022-kr", []byte(text)}, {"x-unknown", []byte(text)},
		{"iso-8859-1", narrow(charmap.ISO8859_1)}, {"latin1", narrow(charmap.ISO8859_1)}, {"", narrow(charmap.ISO8859_1)},
		{"utf-8", narrow(charmap.Windows1252)}, {"us-ascii", narrow(charmap.Windows1252)}, {"ansi", narrow(charmap.Windows1252)},
		{"windows-1252", narrow(charmap.Windows1252)}, {"cp1252", narrow(charmap.Windows1252)}, {"\"Windows-1252\"", narrow(charmap.Windows1252)},
		{"iso-8859-15", narrow(charmap.ISO8859_15)}, {"iso-8859-10", narrow(charmap.ISO8859_10)}, {"iso-8859-4", narrow(charmap.ISO8859_4)},
		{"windows-1257", narrow(charmap.Windows1257)}, {"cp850", narrow(charmap.CodePage850)}, {"ibm865", narrow(charmap.CodePage865)},
		{"macintosh", narrow(charmap.Macintosh)},
		{"utf-16", wide(unicode.LittleEndian, unicode.UseBOM)}, {"utf-16", wide(unicode.BigEndian, unicode.UseBOM)},
		{"utf-16le", wide(unicode.LittleEndian, unicode.IgnoreBOM)}, {"utf-16", wide(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"", wide(unicode.LittleEndian, unicode.IgnoreBOM)}, {"utf-8", wide(unicode.BigEndian, unicode.IgnoreBOM)}, {"iso-8859-1", wide(unicode.LittleEndian, unicode.UseBOM)},
	} {
		if got := decodeCharset(c.data, c.label); got != text && got != "\ufeff"+text {
			t.Errorf("label %q, %d bytes: %q", c.label, len(c.data), got)
		}
	}
}
