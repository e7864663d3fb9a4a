package milter

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// read finds the messages of paths.
func (c *Check) read(paths []string, each func(job) error) error {
	for _, p := range paths {
		if p == "-" {
			data, err := io.ReadAll(c.Stdin)
			if err != nil {
				return fmt.Errorf("standard input: %w", err)
			}
			if err := split(p, data, each); err != nil {
				return err
			}
			continue
		}
		if _, err := os.Stat(p); err != nil {
			return err
		}
		err := filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != p && (d.Name() == "tmp" && isMaildir(filepath.Dir(path)) || strings.HasPrefix(d.Name(), ".git")):
				return fs.SkipDir
			case d.IsDir(), path != p && !isMessage(path):
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return split(path, data, each)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func isMaildir(dir string) bool {
	for _, sub := range []string{"cur", "new", "tmp"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// isMessage says whether a file met in a folder is mail: by its name, by its place in a Maildir, or, where the name
// says nothing, by how it begins.
func isMessage(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".eml", ".mbox", ".mbx", ".msg", ".mail", ".email":
		return true
	}
	if filepath.Ext(path) == "" && looksLikeMail(path) {
		return true
	}
	dir := filepath.Dir(path)
	return (filepath.Base(dir) == "cur" || filepath.Base(dir) == "new") && isMaildir(filepath.Dir(dir))
}

// looksLikeMail says whether a file begins with a field that mail has.
func looksLikeMail(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	begin := make([]byte, 4096)
	n, _ := io.ReadFull(f, begin)
	for line := range bytes.Lines(begin[:n]) {
		name, _, ok := bytes.Cut(line, []byte(":"))
		if !ok || bytes.ContainsAny(name, " \t") {
			return bytes.HasPrefix(line, []byte("From ")) && isFromLine(strings.TrimRight(string(line), "\r\n"))
		}
		switch strings.ToLower(string(name)) {
		case "from", "received", "return-path", "subject", "date", "message-id", "mime-version", "to", "delivered-to":
			return true
		}
	}
	return false
}

// split hands over the messages of a file: one, or those of an mbox (RFC 4155).
func split(path string, data []byte, each func(job) error) error {
	if !bytes.HasPrefix(data, []byte("From ")) {
		return each(job{file: path, data: data})
	}
	single := strings.EqualFold(filepath.Ext(path), ".eml")
	for n := 1; len(data) > 0; n++ {
		_, rest, _ := bytes.Cut(data, []byte("\n"))
		end := len(rest)
		if !single {
			end = nextFromLine(rest)
		}
		j := job{file: path, data: unquoteFrom(rest[:end])}
		if n > 1 {
			j.n = n
		}
		if err := each(j); err != nil {
			return err
		}
		data = rest[end:]
	}
	return nil
}

// nextFromLine finds the next separator: "From ", an address and a date, after an empty line.
func nextFromLine(b []byte) int {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("\nFrom "))
		if i < 0 {
			return len(b)
		}
		at += i + 1
		line, _, _ := bytes.Cut(b[at:], []byte("\n"))
		afterEmpty := at < 2 || b[at-2] == '\n' || at > 2 && b[at-2] == '\r' && b[at-3] == '\n'
		if afterEmpty && isFromLine(string(bytes.TrimRight(line, "\r"))) {
			return at
		}
	}
}

func isFromLine(line string) bool {
	fields := strings.Fields(line)
	if len(fields) < 6 {
		return false
	}
	for i := 2; i+5 <= len(fields); i++ {
		if _, err := time.Parse("Mon Jan 2 15:04:05 2006", strings.Join(fields[i:i+5], " ")); err == nil {
			return true
		}
	}
	return len(fields) >= 7 && strings.Count(line, ":") >= 2 && strings.ContainsAny(fields[len(fields)-1]+fields[len(fields)-2], "12")
}

// unquoteFrom undoes the ">From " of mbox.
func unquoteFrom(b []byte) []byte {
	if !bytes.Contains(b, []byte("\n>From ")) {
		return b
	}
	return bytes.ReplaceAll(b, []byte("\n>From "), []byte("\nFrom "))
}
