package message

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"
)

// The benchmarks give MB/s of the message; the floor beside each is what decoding and inflating alone take.

var benchWords = strings.Fields("og der er en sag om nummeret i kommunen hvor sagsbehandleren skriver at borgeren har fået et afslag på ansøgningen den første maj Ågård Søren lægeerklæring")

func benchText(n int) string {
	r := rand.New(rand.NewSource(1))
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(benchWords[r.Intn(len(benchWords))])
		if r.Intn(12) == 0 {
			fmt.Fprintf(&b, ".%d\r\n", r.Intn(1000))
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func wrap64(p []byte) string {
	s := base64.StdEncoding.EncodeToString(p)
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	return b.String() + s + "\r\n"
}

func benchMail(typ, name string, body []byte) []byte {
	return []byte("From: a@b.example\r\nTo: c@d.example\r\nSubject: bench\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSe vedlagt.\r\n--b\r\nContent-Type: " + typ +
		"; name=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrap64(body) + "--b--\r\n")
}

// benchDocx makes a document of about size bytes when packed, in runs as a word processor writes them.
func benchDocx(size int) []byte {
	r := rand.New(rand.NewSource(2))
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, _ := z.Create("[Content_Types].xml")
	io.WriteString(w, `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`)
	w, _ = z.Create("word/document.xml")
	io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`)
	for n := 0; n < size*5; {
		var p strings.Builder
		fmt.Fprintf(&p, `<w:p w:rsidR="00%06X" w:rsidRDefault="00%06X"><w:pPr><w:pStyle w:val="Normal"/></w:pPr>`, r.Intn(1<<24), r.Intn(1<<24))
		for k := 0; k < 3; k++ {
			fmt.Fprintf(&p, `<w:r w:rsidRPr="00%06X"><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri"/><w:sz w:val="22"/></w:rPr><w:t xml:space="preserve">`, r.Intn(1<<24))
			for i := 0; i < 8; i++ {
				fmt.Fprintf(&p, "%s%d ", benchWords[r.Intn(len(benchWords))], r.Intn(10000))
			}
			p.WriteString(`</w:t></w:r>`)
		}
		p.WriteString(`</w:p>`)
		io.WriteString(w, p.String())
		n += p.Len()
		z.Flush()
	}
	io.WriteString(w, `</w:body></w:document>`)
	z.Close()
	return out.Bytes()
}

func benchZip(size int) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, _ := z.CreateHeader(&zip.FileHeader{Name: "tal.csv", Method: zip.Store})
	io.WriteString(w, benchText(size))
	z.Close()
	return out.Bytes()
}

func benchRead(b *testing.B, data []byte) {
	rd := NewReader(Options{})
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rd.Read(bytes.NewReader(data), int64(len(data)), func(Text) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// floor decodes base64 and inflates every entry, and nothing else.
func floor(b *testing.B, data []byte) {
	at := bytes.LastIndex(data, []byte("\r\n\r\n")) + 4
	body := data[at:]
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		raw, _ := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body[:bytes.Index(body, []byte("--b--"))])))
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range z.File {
			r, _ := f.OpenRaw()
			if f.Method == zip.Deflate {
				io.Copy(io.Discard, flate.NewReader(r))
			} else {
				io.Copy(io.Discard, r)
			}
		}
	}
}

func BenchmarkTextPlain(b *testing.B) {
	benchRead(b, []byte("From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+benchText(1<<20)))
}
func BenchmarkTextSmall(b *testing.B) {
	benchRead(b, []byte("From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+benchText(5<<10)))
}
func BenchmarkTextHTML(b *testing.B) {
	var h strings.Builder
	for _, l := range strings.Split(benchText(1<<20), "\r\n") {
		h.WriteString("<p class=MsoNormal><span style=\"font-size:11.0pt\">" + l + "</span></p>\r\n")
	}
	benchRead(b, []byte("From: a@b.example\r\nSubject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+h.String()))
}

const typDocx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

func BenchmarkDocx200KB(b *testing.B) { benchRead(b, benchMail(typDocx, "a.docx", benchDocx(200<<10))) }
func BenchmarkDocx200KBFloor(b *testing.B) {
	floor(b, benchMail(typDocx, "a.docx", benchDocx(200<<10)))
}
func BenchmarkZip10MB(b *testing.B) {
	benchRead(b, benchMail("application/zip", "a.zip", benchZip(10<<20)))
}
func BenchmarkZip10MBFloor(b *testing.B) {
	floor(b, benchMail("application/zip", "a.zip", benchZip(10<<20)))
}
func BenchmarkPDF(b *testing.B) {
	if NewReader(Options{}).Pdftotext() == "" {
		b.Skip("no pdftotext")
	}
	benchRead(b, benchMail("application/pdf", "a.pdf", benchPDF(1<<20)))
}

// benchPDF writes a PDF of about that size: pages of text, not compressed.
func benchPDF(size int) []byte {
	var out bytes.Buffer
	var offs []int
	obj := func(s string) {
		offs = append(offs, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", len(offs), s)
	}
	out.WriteString("%PDF-1.4\n")
	pages := size / 3500
	obj("<</Type/Catalog/Pages 2 0 R>>")
	kids := ""
	for i := 0; i < pages; i++ {
		kids += fmt.Sprintf("%d 0 R ", 4+2*i)
	}
	obj(fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, kids))
	obj("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	for i := 0; i < pages; i++ {
		var s strings.Builder
		s.WriteString("BT /F1 10 Tf 50 800 Td 14 TL\n")
		for k := 0; k < 45; k++ {
			s.WriteString("(sag nummer ")
			fmt.Fprintf(&s, "%d %d i kommunen hvor borgeren har en ansoegning) Tj T*\n", i, k)
		}
		s.WriteString("ET")
		obj(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>", 5+2*i))
		obj(fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", s.Len(), s.String()))
	}
	at := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offs)+1)
	for _, o := range offs {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offs)+1, at)
	return out.Bytes()
}
