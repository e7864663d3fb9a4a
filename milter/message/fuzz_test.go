package message

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

// fuzzLimits are small, so that a fuzzer finds what grows.
var fuzzLimits = Limits{Depth: 10, Parts: 200, TextBytes: 4 << 20, Expanded: 16 << 20}

// contract checks what every reading must keep, whatever the bytes.
type contract struct {
	t     testing.TB
	bytes int64
	more  string // part that must go on
}

func (c *contract) sink(x Text) {
	if !utf8.Valid(x.Data) {
		c.t.Errorf("part %q: invalid UTF-8", x.Part)
	}
	if len(x.Data) > 2*pieceSize {
		c.t.Errorf("part %q: a piece of %d bytes", x.Part, len(x.Data))
	}
	if c.more != "" && x.Part != c.more {
		c.t.Errorf("part %q came while %q was to go on", x.Part, c.more)
	}
	if c.more = ""; x.More {
		c.more = x.Part
	}
	c.bytes += int64(len(x.Data))
}

// sane says that no fault was caught.
func (c *contract) sane(m *Mail) {
	for _, u := range m.Unopened {
		if u.Reason == string(internal) {
			c.t.Errorf("part %q: a panic", u.Part)
		}
	}
}

func (c *contract) done(start time.Duration, size int) {
	if c.more != "" {
		c.t.Errorf("part %q was to go on", c.more)
	}
	if c.bytes > 2*fuzzLimits.TextBytes { // NFC may lengthen a text a little
		c.t.Errorf("%d bytes of text", c.bytes)
	}
	if d := cpuTime() - start; d > 5*time.Second {
		c.t.Errorf("%d bytes took %v", size, d)
	}
}

// cpuTime is what the process has used of processors: on a busy machine a reading takes longer and is not slower.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // no such thing with these arguments, getrusage(2)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.eml")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 64<<10 {
			f.Add(data)
		}
	}
	rd := NewReader(Options{Limits: fuzzLimits, Pdftotext: "-"})
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &contract{t: t}
		start := cpuTime()
		m, err := rd.Read(bytes.NewReader(data), int64(len(data)), c.sink)
		if err != nil {
			t.Fatalf("an error of the message: %v", err)
		}
		c.sane(m)
		c.done(start, len(data))
	})
}

// fuzzExtractor fuzzes one extractor alone.
func fuzzExtractor(f *testing.F, ex extractor, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	rd := NewReader(Options{Limits: fuzzLimits, Pdftotext: "-"})
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &contract{t: t}
		start := cpuTime()
		o := rd.opener(c.sink)
		o.mail.header = map[string][]string{}
		_ = ex(o, doc{path: "1"}, io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))))
		o.finish()
		c.sane(o.mail)
		c.done(start, len(data))
	})
}

// attachments gives the decoded attachments of the golden mails as seeds.
func attachments(f testing.TB, prefix string) (out [][]byte) {
	files, _ := filepath.Glob("testdata/*" + prefix + "*.eml")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		o := NewReader(Options{Pdftotext: "-"}).opener(func(Text) {})
		sec := io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
		nodes, err := o.walk(sec, "", 0, false)
		if err != nil {
			f.Fatal(err)
		}
		for _, n := range nodes {
			if n.container || n.about.identity() {
				continue
			}
			for _, r := range readings(io.NewSectionReader(sec, n.start, n.end-n.start), n.about.encodings) {
				p, _ := io.ReadAll(r)
				out = append(out, p)
			}
		}
	}
	return out
}

func FuzzCMS(f *testing.F) { fuzzExtractor(f, openCMS, attachments(f, "smime")...) }
func FuzzZip(f *testing.F) {
	fuzzExtractor(f, openZip, append(attachments(f, "zip"), attachments(f, "office")...)...)
}
func FuzzRTF(f *testing.F) {
	fuzzExtractor(f, openRTF, []byte(`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 S\'f8ren {\v skjult}\u8211?\par\trowd\cell\row\bin3 abc}`))
}
func FuzzXML(f *testing.F) {
	fuzzExtractor(f, openXML, []byte(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a x="1&amp;2"><!-- c --><b>0101<i>01</i></b><![CDATA[raw]]></a>`))
}
func FuzzPGP(f *testing.F) {
	fuzzExtractor(f, openPGP, []byte("\x84\x0d\x04\x09\x03\x02abcdefgh\x60\xd2\x20\x01aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), []byte("\xcb\x10b\x00\x00\x00\x00\x00hello ther"))
}
func FuzzCard(f *testing.F) {
	fuzzExtractor(f, openCard(kindVCF), []byte("BEGIN:VCARD\r\nFN;ENCODING=QUOTED-PRINTABLE:S=C3=\r\n=B8ren\r\nPHOTO;ENCODING=B:aGVq\r\n dGVzdA==\r\nEND:VCARD\r\n"))
}
func FuzzMbox(f *testing.F) {
	fuzzExtractor(f, openMbox, []byte("From a@b Mon\nSubject: x\nTo: y\n\nhej\n\nFrom c@d Tue\nSubject: z\nTo: y\n\nhej\n"))
}
func FuzzPDF(f *testing.F) {
	fuzzExtractor(f, openPDF, []byte("%PDF-1.6\n4 0 obj<</Filter/Standard/V 4/R 4/Length 128/P -1/O<00>/U(abcdefghijklmnopqrstuvwxyzabcdef)/CF<</StdCF<</CFM/AESV2>>>>>>endobj\ntrailer<</Encrypt 4 0 R/ID[<00><00>]>>"))
}

// TestNothingGrows reads broken variants of every golden mail.
func TestNothingGrows(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.eml")
	rd := NewReader(Options{Limits: fuzzLimits, Pdftotext: "-"})
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i <= 20; i++ {
			cut := data[:len(data)*i/20]
			c := &contract{t: t}
			start := cpuTime()
			m, err := rd.Read(bytes.NewReader(cut), int64(len(cut)), c.sink)
			if err != nil {
				t.Fatalf("%s cut at %d: %v", name, len(cut), err)
			}
			c.sane(m)
			c.done(start, len(cut))
		}
	}
}

func FuzzOLE(f *testing.F) {
	fuzzExtractor(f, openOLE, append(append(append(attachments(f, "-doc"), attachments(f, "xls")...), attachments(f, "msg")...), attachments(f, "office-agile")...)...)
}
func Fuzz7z(f *testing.F)  { fuzzExtractor(f, open7z, attachments(f, "7z")...) }
func FuzzTar(f *testing.F) { fuzzExtractor(f, openTar, attachments(f, "tar")...) }
func FuzzRar(f *testing.F) {
	fuzzExtractor(f, openRar, append(attachments(f, "rar"), []byte("Rar!\x1a\x07\x01\x00aaaa\x05\x04\x00\x00\x00aaaaaaaaaa"), []byte("Rar!\x1a\x07\x00aas\x80\x00\x0d\x00aaaaaaaaaaa"))...)
}
func FuzzXZ(f *testing.F)   { fuzzExtractor(f, openCompressed(kindXZ), attachments(f, "streams")...) }
func FuzzZstd(f *testing.F) { fuzzExtractor(f, openCompressed(kindZstd), attachments(f, "streams")...) }
func FuzzTNEF(f *testing.F) {
	fuzzExtractor(f, openTNEF, attachments(f, "123-tnef")[0], []byte(tnefMagic+"\x01\x00\x01\x04\x80\x01\x00\x03\x00\x00\x00hej\x00\x00"))
}
func FuzzLZFu(f *testing.F) {
	fuzzExtractor(f, func(o *opener, d doc, data *io.SectionReader) error {
		o.stream(d, newLZFu(data))
		return nil
	}, []byte("\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0"))
}

func FuzzXLSB(f *testing.F) { fuzzExtractor(f, openZip, attachments(f, "xlsb")...) }

// FuzzOffice puts the bytes where the parts of office documents stand, so that the fuzzer need not write zip.
func FuzzOffice(f *testing.F) {
	f.Add(byte(0), []byte(`<w:document xmlns:w="w"><w:p><w:r><w:t>01</w:t></w:r><w:tab/><w:r><w:vanish/><w:t>x</w:t></w:r></w:p><w:tbl><w:tr><w:tc/><w:tc><w:p/></w:tc></w:tr></w:tbl></w:document>`))
	f.Add(byte(1), []byte(`<worksheet><row><c r="C1" s="1"><v>1.5E9</v></c><c t="s"><v>0</v></c><c t="inlineStr"><is><t>a</t></is></c></row></worksheet>`))
	f.Add(byte(2), []byte(`<office:document-content><style:style style:name="a"><style:table-properties table:display="false"/></style:style><table:table table:style-name="a"><table:table-row><table:table-cell><text:p>x<text:s/></text:p></table:table-cell></table:table-row></table:table></office:document-content>`))
	f.Add(byte(3), []byte("\x00\x04\x01\x00\x00\x00\x02\x0c\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x06\x0e\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00a\x00\x9d\x01\x00"))
	f.Add(byte(4), []byte(`<styleSheet><numFmt numFmtId="170" formatCode="000000\-0000"/><cellXfs><xf numFmtId="170"/></cellXfs></styleSheet>`))
	names := [][]string{{"word/document.xml"}, {"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"}, {"content.xml", "META-INF/manifest.xml"},
		{"xl/worksheets/sheet1.bin", "xl/sharedStrings.bin", "xl/styles.bin"}, {"xl/styles.xml"}}
	rd := NewReader(Options{Limits: fuzzLimits, Pdftotext: "-"})
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		var buf bytes.Buffer
		z := zip.NewWriter(&buf)
		put := func(name string, p []byte) {
			w, _ := z.CreateHeader(&zip.FileHeader{Name: name})
			w.Write(p)
		}
		k := int(which) % len(names)
		if k == 3 {
			put("xl/workbook.bin", []byte("\x9c\x01\x16\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00r\x00\x01\x00\x00\x00s\x00"))
			put("xl/_rels/workbook.bin.rels", []byte(`<Relationship Id="r" Target="worksheets/sheet1.bin"/>`))
		} else if k == 1 || k == 4 {
			put("xl/workbook.xml", []byte(`<sheets><sheet name="s" r:id="r"/></sheets>`))
			put("xl/_rels/workbook.xml.rels", []byte(`<Relationship Id="r" Target="worksheets/sheet1.xml"/>`))
		}
		for _, n := range names[k] {
			put(n, data)
		}
		z.Close()
		c := &contract{t: t}
		start := cpuTime()
		o := rd.opener(c.sink)
		o.mail.header = map[string][]string{}
		_ = openZip(o, doc{path: "1"}, io.NewSectionReader(bytes.NewReader(buf.Bytes()), 0, int64(buf.Len())))
		o.finish()
		c.sane(o.mail)
		c.done(start, len(data))
	})
}

// FuzzHTML reads the bytes as a document.
func FuzzHTML(f *testing.F) {
	f.Add([]byte(`<style>.a{display:none}</style><table><tr><td class=a>x<td>01<b>01</b><tr><td><blockquote type=cite>q</table><!--[if mso]><p>o<![endif]--><img alt="a"><pre>a
b</pre>`))
	fuzzExtractor(f, func(o *opener, d doc, data *io.SectionReader) error { return o.readHTML(d, data) })
}

func FuzzRPMSG(f *testing.F) { fuzzExtractor(f, openRPMSG, attachments(f, "rights")...) }
