package message

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"math/rand"
	"mime/quotedprintable"
	"strings"
	"testing"
	"testing/iotest"
)

// TestStreamsInPieces decodes the same bytes whole and byte by byte: where a piece ends changes nothing.
func TestStreamsInPieces(t *testing.T) {
	raw := make([]byte, 50_000)
	rand.New(rand.NewSource(3)).Read(raw)
	text := strings.Repeat("Søren Ågård = 010101-0101, en lang linje med æøå og mere. \n", 700)
	var qp bytes.Buffer
	w := quotedprintable.NewWriter(&qp)
	io.WriteString(w, text)
	w.Close()
	oneLine := strings.ReplaceAll(strings.ReplaceAll(qp.String(), "=\r\n", ""), "\r\n", "=0A") // one line beyond any buffer
	latin := []byte(strings.Repeat("S\xf8ren og S\xc3\xb8ren ", 3000))
	for _, c := range []struct {
		name string
		data []byte
		open func(io.Reader) io.Reader
		want []byte
	}{
		{"base64", []byte(wrap64(raw)), func(r io.Reader) io.Reader { return &base64Reader{r: r} }, raw},
		{"base64 joined", []byte(base64.StdEncoding.EncodeToString(raw[:1]) + base64.StdEncoding.EncodeToString(raw[1:3]) + base64.RawStdEncoding.EncodeToString(raw[3:])),
			func(r io.Reader) io.Reader { return &base64Reader{r: r} }, raw},
		{"quoted-printable", qp.Bytes(), func(r io.Reader) io.Reader { return &qpReader{r: newBuf(r)} }, []byte(text)},
		{"quoted-printable, one line", []byte(oneLine), func(r io.Reader) io.Reader { return &qpReader{r: newBuf(r)} }, []byte(text)},
		{"UTF-8 and Latin-1 mixed", latin, func(r io.Reader) io.Reader { return utf8Reader(bufio.NewReader(r), "utf-8") }, []byte(strings.Repeat("Søren og Søren ", 3000))},
		{"UTF-7", []byte(strings.Repeat("S+APg-ren +- ", 3000)), func(r io.Reader) io.Reader { return utf8Reader(newBuf(r), "utf-7") }, []byte(strings.Repeat("Søren + ", 3000))},
	} {
		for piece, r := range map[string]io.Reader{"whole": bytes.NewReader(c.data), "bytes": iotest.OneByteReader(bytes.NewReader(c.data)), "halves": iotest.HalfReader(bytes.NewReader(c.data))} {
			got, err := io.ReadAll(c.open(r))
			if err != nil {
				t.Errorf("%s, %s: %v", c.name, piece, err)
			}
			if !bytes.Equal(got, c.want) && !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), newline), c.want) {
				t.Errorf("%s, %s: %d bytes, want %d", c.name, piece, len(got), len(c.want))
			}
		}
	}
}

// TestXMLInPieces scans a document byte by byte: tags, entities and sections cut anywhere give the same.
func TestXMLInPieces(t *testing.T) {
	one := `<a x="1>2" y='&lt;'>01<b/>01&#230;&amp;<!-- <no> --><![CDATA[<raw> & ]]]]>` + strings.Repeat("ord ", 10) + `</a><?pi ?>`
	long := strings.Repeat("lang tekst uden tegn &aelig;&#248; ", 5000)
	source := `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "<c>">]>` + strings.Repeat(one, 300) + "<z>" + long + "</z>"
	parent := doc{path: "1"}
	read := func(r io.Reader) string {
		var got strings.Builder
		o := NewReader(Options{Pdftotext: "-"}).opener(func(x Text) { got.Write(x.Data) })
		l := o.layout(parent, kindXML)
		if err := scanXML(o, r, &anyXML{l: l}); err != nil {
			t.Fatal(err)
		}
		l.close()
		return got.String()
	}
	whole := read(strings.NewReader(source))
	if n := strings.Count(whole, "æ&<raw> & ]]ord"); n != 300 {
		t.Errorf("%d of 300 pieces of text", n)
	}
	if got := read(iotest.OneByteReader(strings.NewReader(source))); got != whole {
		t.Error("byte by byte it reads otherwise")
	}
}

// TestPieces cuts a long text at white space and loses nothing.
func TestPieces(t *testing.T) {
	text := benchText(400 << 10)
	for name, body := range map[string]string{"lines": text, "one line": strings.ReplaceAll(text, "\r\n", " "), "no blank": strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", ""), " ", "æ")} {
		mail := "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body
		var got strings.Builder
		c := &contract{t: t}
		_, err := NewReader(Options{}).Read(strings.NewReader(mail), int64(len(mail)), func(x Text) {
			c.sink(x)
			if x.Part == "1 text/plain" {
				got.Write(x.Data)
				if last := x.Data[len(x.Data)-1]; x.More && last > ' ' && name != "no blank" {
					t.Errorf("%s: a piece ends within a word", name)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.ReplaceAll(body, "\r\n", "\n"); strings.TrimRight(got.String(), "\n") != strings.TrimRight(want, "\n") {
			t.Errorf("%s: %d bytes, want %d", name, got.Len(), len(want))
		}
	}
}
