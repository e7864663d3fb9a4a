package milter

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Threads remembers which messages arrived securely, so that a reply in the open is known for what it is:
// a downgrade (R7, R18). It keeps keyed hashes of message ids with their day, in one file of 12 bytes an entry:
// eight of hash, four of the day since 1970, little-endian.
type Threads struct {
	path string
	key  []byte
	now  func() time.Time

	mu   sync.Mutex
	days map[uint64]int32
	file *os.File
}

const (
	threadEntry = 12
	threadDays  = 400       // how long an answer may take
	manyThreads = 2_000_000 // the oldest make room: 12 bytes each on disk, some 40 in memory
)

// OpenThreads reads the memory in dir and drops what is too old. A last entry that was written in part is dropped.
func OpenThreads(dir string, key []byte, now func() time.Time) (*Threads, error) {
	t := &Threads{path: filepath.Join(dir, "threads"), key: key, now: now, days: map[uint64]int32{}}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("memory of threads: %w", err)
	}
	if err := t.load(); err != nil {
		return nil, fmt.Errorf("memory of threads: %w", err)
	}
	if err := t.rewrite(); err != nil {
		return nil, fmt.Errorf("memory of threads: %w", err)
	}
	return t, nil
}

func (t *Threads) load() error {
	f, err := os.Open(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	oldest := t.today() - threadDays
	r := bufio.NewReader(f)
	var e [threadEntry]byte
	for {
		switch _, err := io.ReadFull(r, e[:]); {
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
		if day := int32(binary.LittleEndian.Uint32(e[8:])); day >= oldest && day <= t.today() {
			t.days[binary.LittleEndian.Uint64(e[:])] = day
		}
	}
}

// rewrite makes the file anew with what is remembered, and leaves it open for what comes.
func (t *Threads) rewrite() error {
	f, err := os.OpenFile(t.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for hash, day := range t.days {
		w.Write(entryOf(hash, day))
	}
	if err := errors.Join(w.Flush(), os.Rename(t.path+".new", t.path)); err != nil {
		f.Close()
		return err
	}
	if t.file != nil {
		t.file.Close()
	}
	t.file = f
	return nil
}

func entryOf(hash uint64, day int32) []byte {
	e := binary.LittleEndian.AppendUint64(make([]byte, 0, threadEntry), hash)
	return binary.LittleEndian.AppendUint32(e, uint32(day))
}

func (t *Threads) today() int32 { return int32(t.now().Unix() / (24 * 60 * 60)) }

func (t *Threads) hash(id string) uint64 {
	h := hmac.New(sha256.New, t.key)
	h.Write([]byte("thread:" + id))
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// Remember keeps the id of a message that arrived securely.
func (t *Threads) Remember(id string) error {
	if id == "" {
		return nil
	}
	hash, today := t.hash(id), t.today()
	t.mu.Lock()
	defer t.mu.Unlock()
	if day, ok := t.days[hash]; ok && day == today {
		return nil
	}
	if len(t.days) >= manyThreads {
		t.forget()
		if err := t.rewrite(); err != nil {
			return fmt.Errorf("memory of threads: %w", err)
		}
	}
	t.days[hash] = today
	if _, err := t.file.Write(entryOf(hash, today)); err != nil {
		return fmt.Errorf("memory of threads: %w", err)
	}
	return nil
}

// forget drops the older half.
func (t *Threads) forget() {
	count := map[int32]int{}
	for _, day := range t.days {
		count[day]++
	}
	kept, day := 0, t.today()
	for ; kept < manyThreads/2 && day > t.today()-threadDays; day-- {
		kept += count[day]
	}
	for hash, d := range t.days {
		if d <= day {
			delete(t.days, hash)
		}
	}
	for hash := range t.days { // all of one day: any half
		if len(t.days) <= manyThreads/2 {
			break
		}
		delete(t.days, hash)
	}
}

// Secure says whether one of these messages arrived securely.
func (t *Threads) Secure(ids ...string) bool {
	t.mu.Lock()
	empty := len(t.days) == 0
	t.mu.Unlock()
	if empty {
		return false
	}
	for _, id := range ids {
		if id == "" {
			continue
		}
		hash := t.hash(id)
		t.mu.Lock()
		_, ok := t.days[hash]
		t.mu.Unlock()
		if ok {
			return true
		}
	}
	return false
}

// Close ends writing.
func (t *Threads) Close() error { return t.file.Close() }
