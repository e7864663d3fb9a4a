package tail

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writer writes lines and rotates as a random number says, beside a reader, as fast as it can.
type writer struct {
	path string
	r    *rand.Rand
	file *os.File
	turn int
	done chan error
}

func (w *writer) run(lines int) {
	err := w.open()
	for i := 0; i < lines && err == nil; i++ {
		_, err = fmt.Fprintf(w.file, "%06d %s\n", i, w.path)
		if w.r.IntN(60) == 0 {
			time.Sleep(time.Duration(w.r.IntN(1500)) * time.Microsecond) // the pace of a log
		}
		if err == nil && w.r.IntN(75) == 0 {
			w.turn++
			err = w.rotate(fmt.Sprintf("%s-%08d", w.path, w.turn))
		}
	}
	w.done <- err
}

func (w *writer) open() (err error) {
	if w.file != nil {
		if err := w.file.Close(); err != nil {
			return err
		}
	}
	w.file, err = os.OpenFile(w.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	return err
}

func (w *writer) rotate(old string) error {
	if w.r.IntN(3) > 0 {
		if err := os.Rename(w.path, old); err != nil {
			return err
		}
		return w.open()
	}
	b, err := os.ReadFile(w.path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(old, b, 0o644); err != nil {
		return err
	}
	return os.Truncate(w.path, 0)
}

// A log that is written, renamed, copied and cut beside its reader, which stops and starts again: each line once, in order. Several
// rotations fall into one tick of the file system's clock.
func TestReadBesideAWriter(t *testing.T) {
	const lines = 4000
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mail.log")
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			f := follow(t, path, nil)
			w := &writer{path: path, r: rand.New(rand.NewPCG(seed, 7)), done: make(chan error, 1)}
			go w.run(lines)
			r, next := rand.New(rand.NewPCG(seed, 8)), 0
			for ended := false; ; {
				b, err := f.Read()
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range b.Lines {
					if want := fmt.Sprintf("%06d %s", next, path); l.Text != want {
						t.Fatalf("read %q, want %q", l.Text, want)
					}
					next++
				}
				if b.AtEnd && ended {
					break
				}
				if b.AtEnd {
					select {
					case err := <-w.done:
						if err != nil {
							t.Fatal(err)
						}
						ended = true
					case <-time.After(time.Duration(seed%7) * 300 * time.Microsecond):
					}
				}
				if next > 0 && r.IntN(200) == 0 {
					f.Close()
					f = follow(t, path, b.Position)
				}
			}
			if next != lines {
				t.Errorf("%d lines, want %d", next, lines)
			}
		})
	}
}
