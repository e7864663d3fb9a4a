package message

import (
	"bytes"
	"io"
	"strings"
)

// sniffSize is how much of a document is looked at to tell its kind.
const sniffSize = 4096

// kind is what a document is by its content. It names the document in Text.Part.
type kind string

const (
	kindPlain   kind = "text/plain"
	kindHTML    kind = "text/html"
	kindMail    kind = "mail"
	kindCMS     kind = "cms"
	kindPGP     kind = "pgp"
	kindImage   kind = "image"
	kindMedia   kind = "media"
	kindZip     kind = "zip"
	kindDocx    kind = "docx"
	kindXlsx    kind = "xlsx"
	kindPptx    kind = "pptx"
	kindODF     kind = "odf"
	kindPDF     kind = "pdf"
	kindRTF     kind = "rtf"
	kindOLE     kind = "ole"
	kindOffice  kind = "office"
	kindTNEF    kind = "tnef"
	kindDoc     kind = "doc"
	kindXLS     kind = "xls"
	kindPpt     kind = "ppt"
	kind7z      kind = "7z"
	kindRar     kind = "rar"
	kindTar     kind = "tar"
	kindGzip    kind = "gz"
	kindBzip2   kind = "bz2"
	kindXZ      kind = "xz"
	kindZstd    kind = "zst"
	kindRPMSG   kind = "rpmsg"
	kindMbox    kind = "mbox"
	kindICS     kind = "ics"
	kindVCF     kind = "vcf"
	kindXML     kind = "xml"
	kindJSON    kind = "json"
	kindUnknown kind = ""
)

// extractorOf gives the extractor of a kind.
func extractorOf(k kind) extractor {
	switch k {
	case kindMail:
		return openMail
	case kindCMS:
		return openCMS
	case kindPGP:
		return openPGP
	case kindZip:
		return openZip
	case kind7z:
		return open7z
	case kindRar:
		return openRar
	case kindTar:
		return openTar
	case kindGzip, kindBzip2, kindXZ, kindZstd:
		return openCompressed(k)
	case kindRPMSG:
		return openRPMSG
	case kindTNEF:
		return openTNEF
	case kindOLE:
		return openOLE
	case kindICS, kindVCF:
		return openCard(k)
	case kindXML:
		return openXML
	case kindMbox:
		return openMbox
	case kindRTF:
		return openRTF
	case kindPDF:
		return openPDF
	case kindImage:
		return refuse(isImage)
	case kindMedia:
		return refuse(isMedia)
	}
	return refuse(unknown)
}

// refuse is the extractor of what is recognised and not opened.
func refuse(why reason) extractor {
	return func(*opener, doc, *io.SectionReader) error { return why }
}

// magic lists what documents begin with.
var magic = []struct {
	at   int
	sign string
	kind kind
}{
	{0, "PK\x03\x04", kindZip}, {0, "PK\x05\x06", kindZip}, {0, "PK00PK\x03\x04", kindZip},
	{0, sevenMagic, kind7z}, {0, rarMagic, kindRar}, {0, "\x1f\x8b\x08", kindGzip}, {0, "BZh", kindBzip2}, {0, "\xfd7zXZ\x00", kindXZ},
	{0, "\x28\xb5\x2f\xfd", kindZstd}, {0, cfbMagic, kindOLE}, {0, tnefMagic, kindTNEF}, {0, rpmsgMagic, kindRPMSG}, {0, "{\\rtf", kindRTF},
	{0, "\x89PNG", kindImage}, {0, "\xff\xd8\xff", kindImage}, {0, "GIF8", kindImage}, {0, "BM", kindImage},
	{0, "II*\x00", kindImage}, {0, "MM\x00*", kindImage}, {8, "WEBP", kindImage}, {4, "ftyphei", kindImage},
	{4, "ftypmif1", kindImage}, {4, "ftypavif", kindImage}, {0, "8BPS", kindImage}, {0, "\x00\x00\x01\x00", kindImage},
	{0, "\x00\x00\x00\x0cJXL", kindImage}, {0, "\x00\x00\x00\x0cjP", kindImage}, {0, "\xd7\xcd\xc6\x9a", kindImage},
	{4, "ftyp", kindMedia}, {0, "ID3", kindMedia}, {0, "OggS", kindMedia}, {0, "fLaC", kindMedia}, {0, "RIFF", kindMedia},
	{0, "\x1aE\xdf\xa3", kindMedia}, {0, "\xff\xfb", kindMedia}, {0, "\xff\xf3", kindMedia}, {0, "#!AMR", kindMedia},
}

// sniff tells the kind of a document by its first bytes; what its header says only decides between
// kinds of text.
func sniff(head []byte, d doc) kind {
	for _, m := range magic {
		if len(head) >= m.at+len(m.sign) && string(head[m.at:m.at+len(m.sign)]) == m.sign {
			if m.sign == "BM" && !looksBMP(head) || m.sign == "BZh" && (len(head) < 10 || string(head[4:10]) != "1AY&SY") {
				continue
			}
			if (m.kind == kindImage || m.kind == kindMedia) && looksText(head) {
				continue // words may begin like that
			}
			return m.kind
		}
	}
	if at := bytes.Index(head[:min(len(head), 1024)], []byte("%PDF-")); at >= 0 && (isBlank(head[:at]) || !looksText(head)) {
		return kindPDF
	}
	if isTar(head) || len(head) >= tarBlock && string(head[257:262]) == "ustar" {
		return kindTar
	}
	if isCMS(head) {
		return kindCMS
	}
	if isPGP(head) {
		return kindPGP
	}
	typ := d.about.typ
	declared := typ == "" || strings.HasPrefix(typ, "text/") || strings.HasPrefix(typ, "message/") || !strings.Contains(typ, "/")
	if !declared && !looksText(head) {
		return kindUnknown
	}
	if k := textKind(head, d); k != kindUnknown {
		return k
	}
	if looksHTML(head, typ == "text/html" || typ == "application/xhtml+xml" || hasExt(d, ".html", ".htm")) {
		return kindHTML
	}
	return kindPlain
}

// textKind tells the formats of text that are opened in their own way.
func textKind(head []byte, d doc) kind {
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	upper := bytes.ToUpper(start[:min(len(start), 20)])
	mail := strings.HasPrefix(d.about.typ, "message/") || d.about.typ == "application/mbox" || d.attached
	switch {
	case bytes.HasPrefix(upper, []byte("BEGIN:VCALENDAR")):
		return kindICS
	case bytes.HasPrefix(upper, []byte("BEGIN:VCARD")):
		return kindVCF
	case mail && bytes.HasPrefix(head, []byte("From ")) && looksMail(head):
		return kindMbox
	case mail && looksMail(head):
		return kindMail
	case bytes.HasPrefix(start, []byte("<?xml")) && !looksHTML(head, d.about.typ == "text/html"):
		return kindXML
	case d.about.typ == "application/json" || hasExt(d, ".json"):
		return kindJSON
	}
	return kindUnknown
}

func hasExt(d doc, exts ...string) bool {
	for _, n := range d.about.names {
		n = strings.ToLower(n)
		for _, e := range exts {
			if strings.HasSuffix(n, e) {
				return true
			}
		}
	}
	return false
}

func looksBMP(head []byte) bool {
	return len(head) > 18 && head[6] == 0 && head[7] == 0 && head[8] == 0 && head[9] == 0 && head[15] == 0
}

// looksText says whether the bytes are text in some charset.
func looksText(head []byte) bool {
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) || wideCharset(head) != "" {
		return true
	}
	odd, high := 0, 0
	for _, b := range head {
		switch {
		case b == 0:
			return false
		case b < 0x20 && b != '\n' && b != '\r' && b != '\t' && b != '\f' && b != 0x1b, b == 0x7f:
			odd++
		case b >= 0x80:
			high++
		}
	}
	if odd*50 > len(head) {
		return false
	}
	return high*3 <= len(head) || validUTF8Head(head) // a third of the letters: no Latin text has that
}

// looksMail says whether the bytes begin with a header of a mail.
func looksMail(head []byte) bool {
	known := 0
	for _, line := range bytes.SplitN(head, []byte("\n"), 30) {
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			break
		}
		if knownField(line) && line[0]|0x20 != 'x' { // many formats have their X- lines
			known++
		}
	}
	return known >= 2
}

// looksHTML says whether a text is HTML. Declared as such one tag is enough.
func looksHTML(head []byte, declared bool) bool {
	if declared {
		return true
	}
	if bytes.IndexByte(head, '<') < 0 {
		return false
	}
	low := bytes.ToLower(head)
	start := low[:min(len(low), 1024)]
	return bytes.Contains(start, []byte("<html")) || bytes.Contains(start, []byte("<!doctype html")) ||
		bytes.Contains(low, []byte("<body")) && bytes.Contains(low, []byte("<head"))
}
