package milter

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// memory remembers words by their day, in one file below the folder for what the daemon writes. It keeps keyed hashes
// alone, so that neither the file nor a dump tells a name: 12 bytes an entry, eight of hash, four of the day since 1970,
// little-endian. It is bounded, and what is old is forgotten.
type memory struct {
	path    string
	hashers sync.Pool
	now     func() time.Time

	mu   sync.Mutex
	days map[uint64]int32
	file *os.File
}

const (
	threadEntry = 12
	threadDays  = 400       // how long an answer may take
	manyThreads = 2_000_000 // the oldest make room: 12 bytes each on disk, some 40 in memory
)

// openMemory reads the file name in dir and drops what is too old. A last entry that was written in part is dropped.
func openMemory(dir, name string, key []byte, now func() time.Time) (*memory, error) {
	t := &memory{path: filepath.Join(dir, name), now: now, days: map[uint64]int32{}}
	t.hashers.New = func() any { return &hasher{hmac: hmac.New(sha256.New, key)} }
	if err := errors.Join(os.MkdirAll(dir, 0o750), t.load()); err != nil {
		return nil, fmt.Errorf("memory of %s: %w", name, err)
	}
	if err := t.rewrite(); err != nil {
		return nil, fmt.Errorf("memory of %s: %w", name, err)
	}
	return t, nil
}

func (t *memory) load() error {
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
func (t *memory) rewrite() error {
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

func (t *memory) today() int32 { return int32(t.now().Unix() / (24 * 60 * 60)) }

// hash is keyed, and apart for each sort of word.
func (t *memory) hash(sort, word string) uint64 {
	h := t.hashers.Get().(*hasher)
	defer t.hashers.Put(h)
	h.hmac.Reset()
	h.buf = append(append(append(h.buf[:0], sort...), ':'), word...)
	h.hmac.Write(h.buf)
	h.buf = h.hmac.Sum(h.buf[:0])
	return binary.LittleEndian.Uint64(h.buf)
}

// hasher is an HMAC with the key, and room for what goes in and comes out.
type hasher struct {
	hmac hash.Hash
	buf  []byte
}

// remember keeps a word with its day, today. A word that is known is written anew only after so many days.
func (t *memory) remember(hash uint64, after int32) error {
	today := t.today()
	t.mu.Lock()
	defer t.mu.Unlock()
	if day, ok := t.days[hash]; ok && today-day < after {
		return nil
	}
	if len(t.days) >= manyThreads {
		t.forget()
		if err := t.rewrite(); err != nil {
			return fmt.Errorf("%s: %w", t.path, err)
		}
	}
	t.days[hash] = today
	if _, err := t.file.Write(entryOf(hash, today)); err != nil {
		return fmt.Errorf("%s: %w", t.path, err)
	}
	return nil
}

// day is when a word was last remembered.
func (t *memory) day(hash uint64) (int32, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	day, ok := t.days[hash]
	return day, ok
}

func (t *memory) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.days)
}

// forget drops the older half.
func (t *memory) forget() {
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

// Close ends writing.
func (t *memory) Close() error { return t.file.Close() }
