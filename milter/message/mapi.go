package message

import (
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"
)

// MAPI property types (MS-OXCDATA 2.11.1) whose values are text or bytes.
const (
	mapiInt16   = 0x0002
	mapiInt32   = 0x0003
	mapiBool    = 0x000b
	mapiObject  = 0x000d
	mapiString8 = 0x001e
	mapiUnicode = 0x001f
	mapiBinary  = 0x0102
	mapiMany    = 0x1000
)

// MAPI properties that are opened in their own way (MS-OXPROPS).
const (
	mapiSubject       = 0x0037
	mapiBody          = 0x1000
	mapiRTF           = 0x1009
	mapiHTML          = 0x1013
	mapiCodepage      = 0x3fde // PidTagInternetCodepage
	mapiMessageCP     = 0x3ffd
	mapiAttachData    = 0x3701
	mapiAttachName    = 0x3704
	mapiAttachLong    = 0x3707
	mapiTransportHead = 0x007d
	mapiNamed         = 0x8000 // from here on properties have names
)

// mapiQuiet are text properties for machines: classes, types, identifiers, search keys.
var mapiQuiet = map[uint16]bool{0x001a: true, 0x0064: true, 0x0075: true, 0x0077: true, 0x0c1e: true, 0x1035: true, 0x1039: true, 0x1042: true,
	0x3002: true, 0x3703: true, 0x370e: true, 0x3712: true, 0x0e1d: true, 0x3ff8: false, 0x4030: true, 0x4031: true, 0x5d01: false}

// mapiProps gathers the properties of one message or attachment, whatever held them.
type mapiProps struct {
	o        *opener
	d        doc
	codepage int
	body     []func() io.Reader // plain text; a file may have several that differ
	html     []func() io.Reader
	rtf      []func() io.Reader // compressed
	data     []func() io.Reader // of an attachment
	names    []string
}

// text hands a text property over.
func (m *mapiProps) text(id uint16, s string) {
	s = strings.TrimRight(s, "\x00")
	switch {
	case s == "" || mapiQuiet[id]:
	case id == mapiAttachName || id == mapiAttachLong || id == 0x3001 && m.data != nil:
		m.names = append(m.names, s)
	case id == mapiSubject:
		m.o.say(m.d.path+" subject", s, m.d.quoted)
	case id == mapiTransportHead: // the header as it came: its fields are read elsewhere
	case id >= mapiNamed: // what programs keep for themselves, and fields that only a form shows
		w := m.o.text(m.d.path+" property", m.d.quoted, true)
		w.writeString(s)
		w.close()
	default:
		m.o.say(m.d.path+" property", s, m.d.quoted)
	}
}

// charset is the name of the code page of 8-bit strings.
func (m *mapiProps) charset() string { return codepageName(m.codepage) }

// codepageName names a Windows code page.
func codepageName(n int) string {
	switch n {
	case 0, 1252:
		return "windows-1252"
	case 65001:
		return "utf-8"
	case 1200:
		return "utf-16le"
	case 20127:
		return "us-ascii"
	case 932:
		return "shift_jis"
	case 936:
		return "gbk"
	case 850:
		return "cp850"
	case 865:
		return "cp865"
	case 437:
		return "cp437"
	case 20866:
		return "koi8-r"
	case 10000:
		return "macintosh"
	case 949:
		return "euc-kr"
	case 950:
		return "big5"
	case 50220:
		return "iso-2022-jp"
	case 51932:
		return "euc-jp"
	case 65000:
		return "utf-7"
	}
	if n >= 1250 && n <= 1258 {
		return "windows-125" + string(rune('0'+n-1250))
	}
	if n >= 28591 && n <= 28605 {
		k := n - 28590
		if k >= 10 {
			return "iso-8859-1" + string(rune('0'+k-10))
		}
		return "iso-8859-" + string(rune('0'+k))
	}
	return ""
}

// bodies opens the forms of the body: all that are there, since each may say something else.
func (m *mapiProps) bodies() {
	d := m.d
	d.about = partHeader{typ: "text/plain", params: value{params: []param{{"charset", m.charset()}}}}
	for _, body := range m.body {
		m.o.stream(d, body())
	}
	d.about.typ = "text/html"
	for _, html := range m.html {
		m.o.stream(d, html())
	}
	d.about = partHeader{}
	for _, rtf := range m.rtf {
		m.o.stream(d, m.o.guard(newLZFu(rtf()), lzfuFree))
	}
}

// lzfuFree is taken for the packed size of compressed RTF, which is not known before it is read.
const lzfuFree = 1 << 20

// attached opens the content of an attachment.
func (m *mapiProps) attached() {
	m.d.about.names = m.names
	for i, data := range m.data {
		if i == 0 {
			m.o.entry(m.d, data())
		} else {
			m.o.stream(m.d, data())
		}
	}
}

// keep remembers one more form of a body or content.
func keep(list *[]func() io.Reader, open func() io.Reader) {
	if len(*list) < 8 {
		*list = append(*list, open)
	}
}

func utf16Text(p []byte) string {
	wide := make([]uint16, 0, len(p)/2)
	for i := 0; i+1 < len(p); i += 2 {
		wide = append(wide, binary.LittleEndian.Uint16(p[i:]))
	}
	return utf16String(wide)
}

func utf16String(wide []uint16) string { return string(utf16.Decode(wide)) }

// lzfu decompresses compressed RTF (MS-OXRTFCP).
type lzfu struct {
	src   io.Reader
	dict  [4096]byte
	at    int
	out   []byte
	raw   int64 // bytes still to be given
	plain bool
	begun bool
	err   error
}

// lzfuStart is what the dictionary begins with.
const lzfuStart = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

func newLZFu(r io.Reader) io.Reader { return &lzfu{src: newBuf(r)} }

func (l *lzfu) byte() (byte, bool) {
	var b [1]byte
	if _, err := io.ReadFull(l.src, b[:]); err != nil {
		l.err = io.EOF
		return 0, false
	}
	return b[0], true
}

func (l *lzfu) begin() {
	l.begun = true
	var h [16]byte
	if _, err := io.ReadFull(l.src, h[:]); err != nil {
		l.err = io.EOF
		return
	}
	l.raw = int64(binary.LittleEndian.Uint32(h[4:]))
	switch string(h[8:12]) {
	case "MELA":
		l.plain = true
	case "LZFu":
		l.at = copy(l.dict[:], lzfuStart)
	default:
		l.err = damaged
	}
}

func (l *lzfu) Read(p []byte) (int, error) {
	if !l.begun {
		l.begin()
	}
	if l.plain {
		n, err := l.src.Read(p[:min(int64(len(p)), l.raw)])
		l.raw -= int64(n)
		if l.raw <= 0 && err == nil && n == 0 {
			err = io.EOF
		}
		return n, err
	}
	for len(l.out) == 0 && l.err == nil && l.raw > 0 {
		l.step()
	}
	if len(l.out) == 0 {
		if l.err == nil {
			l.err = io.EOF
		}
		return 0, l.err
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

// step decodes up to eight tokens.
func (l *lzfu) step() {
	out := l.out[:0]
	flags, ok := l.byte()
	for bit := 0; bit < 8 && ok && l.raw > 0; bit++ {
		if flags>>bit&1 == 0 {
			var b byte
			if b, ok = l.byte(); ok {
				out = l.emit(out, b)
			}
			continue
		}
		hi, ok1 := l.byte()
		lo, ok2 := l.byte()
		if ok = ok1 && ok2; !ok {
			break
		}
		from, n := int(hi)<<4|int(lo)>>4, int(lo&15)+2
		if from == l.at {
			l.err = io.EOF // the end mark
			break
		}
		for ; n > 0 && l.raw > 0; n-- {
			out = l.emit(out, l.dict[from])
			from = (from + 1) & 4095
		}
	}
	l.out = out
}

func (l *lzfu) emit(out []byte, b byte) []byte {
	l.dict[l.at] = b
	l.at = (l.at + 1) & 4095
	l.raw--
	return append(out, b)
}
