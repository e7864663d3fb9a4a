package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"postvagt/packaging/e2e/kit"
)

// loadWith sends the messages of one round over several connections, and tells how long each took from its first command to
// its answer.
func loadWith(ctx context.Context, addr string, kind mailKind, round int) ([]time.Duration, error) {
	errs, took := make([]error, senders), make([][]time.Duration, senders)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			c, err := kit.Dial(ctx, addr)
			if err != nil {
				errs[i] = err
				return
			}
			env := kit.Envelope{From: "kontor@strandholt.example", To: []string{"modtager@elsewhere.example"}}
			for n := range kind.count / senders {
				text := kind.make((round*senders+i)*kind.count + n)
				begun := time.Now()
				reply, err := c.Send(env, text)
				if err == nil && reply.Code != 250 {
					err = fmt.Errorf("%d %s", reply.Code, reply.Text)
				}
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					errs[i] = err
					return
				}
				took[i] = append(took[i], time.Since(begun))
			}
			errs[i] = c.Close()
		})
	}
	wg.Wait()
	return slices.Concat(took...), errors.Join(errs...)
}

// docxLetter is a message with a Word document of some 150 KB in it, 200 KB in base64.
func docxLetter(n int) []byte {
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	text, _ := z.Create("word/document.xml")
	io.WriteString(text, `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`)
	for i := range 600 {
		fmt.Fprintf(text, "<w:p><w:r><w:t>%s</w:t></w:r></w:p>", sentences[(n+i)%len(sentences)])
	}
	io.WriteString(text, "</w:body></w:document>")
	picture, _ := z.CreateHeader(&zip.FileHeader{Name: "word/media/image1.png", Method: zip.Store})
	picture.Write(noise(n, 140_000))
	z.Close() // a buffer takes all

	var b bytes.Buffer
	b.Write(headOf(n, "multipart/mixed; boundary=\"b\""))
	b.WriteString("--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSe vedlagte.\r\n--b\r\n" +
		"Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document; name=\"brev.docx\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	encoded := base64.StdEncoding.EncodeToString(file.Bytes())
	for line := range slices.Chunk([]byte(encoded), 76) {
		b.Write(append(line, '\r', '\n'))
	}
	b.WriteString("--b--\r\n")
	return b.Bytes()
}

// noise are bytes that do not compress, the same at every run.
func noise(seed, n int) []byte {
	b, x := make([]byte, n), uint64(seed)*2862933555777941757+3037000493
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return b
}

// benchDoors asks both programs by HTTP about whole messages: milter/scan, and rspamd's /checkv2.
func (c *comparison) benchDoors(ctx context.Context, rounds int) error {
	fmt.Println("-- 5 KB text by HTTP")
	unix := &http.Transport{MaxIdleConnsPerHost: senders, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", c.scan)
	}}
	doors := []struct {
		name, url string
		client    *http.Client
	}{
		{"milter/scan", "http://localhost/judge", &http.Client{Transport: unix}},
		{"rspamd /checkv2", "http://" + c.rspamd.HTTP() + "/checkv2", &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}},
	}
	rates := make([][]float64, len(doors))
	for round := range rounds + 1 {
		for i, d := range doors {
			rate, err := askMany(ctx, d.client, d.url, 2000)
			if err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
			if round > 0 {
				rates[i] = append(rates[i], rate)
			}
		}
	}
	for i, d := range doors {
		slices.Sort(rates[i])
		fmt.Printf("%-34s %6.0f messages/s\n", d.name, rates[i][rounds/2])
	}
	said("rate against /checkv2", rates[0][rounds/2]/rates[1][rounds/2], 2, true)
	return nil
}

func askMany(ctx context.Context, client *http.Client, url string, n int) (float64, error) {
	begun := time.Now()
	errs := make([]error, senders)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for k := range n / senders {
				if errs[i] = askOne(ctx, client, url, letterOf(i*n+k, 5000)); errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return float64(n/senders*senders) / time.Since(begun).Seconds(), errors.Join(errs...)
}

func askOne(ctx context.Context, client *http.Client, url string, text []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{"From": "kontor@strandholt.example", "Rcpt": "modtager@elsewhere.example", "IP": "127.0.0.1", "Queue-Id": "4bXyQ12abc"} {
		req.Header.Set(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d, %w", resp.StatusCode, errors.Join(err, errors.New("not answered")))
	}
	return nil
}
