package milter

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"postvagt/milter/program"
	"postvagt/milter/verdict"
)

// Objections is the register of those who asked for post or encrypted mail only (R9). The file is CSV with
// the header
//
//	address,person,date,note,source
//
// where address is the citizen's, person is verdict.Masker.Person of the national number, and one of the
// two may be empty. Who writes it replaces it whole (rename). It is followed without a restart; a file that
// cannot be read, or is being written, leaves the one before in force.
type Objections struct {
	path string
	mask verdict.Masker
	now  func() time.Time

	list    atomic.Pointer[objectionList]
	mu      sync.Mutex
	checked time.Time
	stamp   fileStamp
}

// objectionList keeps hashes alone: 100,000 entries are below 2 MB, and a memory dump tells no names.
type objectionList struct {
	seed      maphash.Seed
	addresses []uint64 // sorted
	persons   []uint64 // sorted
}

type fileStamp struct {
	modified time.Time
	size     int64
}

// objectionsEvery is how often the file is looked at.
const objectionsEvery = time.Second

// OpenObjections reads the register; a missing file means that nobody has objected yet.
func OpenObjections(path string, mask verdict.Masker, now func() time.Time) (*Objections, error) {
	o := &Objections{path: path, mask: mask, now: now}
	o.list.Store(&objectionList{seed: maphash.MakeSeed()})
	return o, o.follow(true)
}

// Follow reads the file again when it has changed. The error says why the register before is still in force.
func (o *Objections) Follow() error {
	if o.path == "" || !o.mu.TryLock() {
		return nil
	}
	defer o.mu.Unlock()
	if now := o.now(); now.Sub(o.checked) >= objectionsEvery {
		o.checked = now
		return o.follow(false)
	}
	return nil
}

func (o *Objections) follow(first bool) error {
	if o.path == "" {
		return nil
	}
	info, err := os.Stat(o.path)
	if errors.Is(err, fs.ErrNotExist) {
		if !first && len(o.list.Load().addresses)+len(o.list.Load().persons) > 0 {
			return &program.Error{File: o.path, Reason: "is gone; the objections read before stay in force"}
		}
		return nil
	}
	if err != nil {
		return program.Unreadable(o.path, err)
	}
	stamp := fileStamp{info.ModTime(), info.Size()}
	if stamp == o.stamp {
		return nil
	}
	f, err := os.Open(o.path)
	if err != nil {
		return program.Unreadable(o.path, err)
	}
	defer f.Close()
	list, err := readObjections(f, o.path)
	if err != nil {
		return err
	}
	o.list.Store(list)
	o.stamp = stamp
	return nil
}

// readObjections reads a whole file or none of it.
func readObjections(r io.Reader, path string) (*objectionList, error) {
	l := &objectionList{seed: maphash.MakeSeed()}
	end := &lastByte{r: r}
	c := csv.NewReader(bufio.NewReader(end))
	c.FieldsPerRecord, c.ReuseRecord, c.TrimLeadingSpace = 5, true, true
	for n := 0; ; n++ {
		row, err := c.Read()
		if err == io.EOF && n > 0 {
			break
		}
		if err != nil {
			return nil, &program.Error{File: path, Reason: fmt.Sprintf("%v; the objections read before stay in force", err)}
		}
		if n == 0 {
			if strings.Join(row, ",") != "address,person,date,note,source" {
				return nil, &program.Error{File: path, Line: 1, Reason: "is not address,person,date,note,source"}
			}
			continue
		}
		if err := l.add(row[0], row[1]); err != nil {
			line, _ := c.FieldPos(0)
			return nil, &program.Error{File: path, Line: line, Reason: err.Error()}
		}
	}
	if end.b != '\n' {
		return nil, &program.Error{File: path, Reason: "does not end with a line: is it being written? the objections read before stay in force"}
	}
	for _, s := range []*[]uint64{&l.addresses, &l.persons} {
		slices.Sort(*s)
		*s = slices.Clip(slices.Compact(*s))
	}
	return l, nil
}

func (l *objectionList) add(address, person string) error {
	if address == "" && person == "" {
		return errors.New("has neither an address nor a person")
	}
	if address != "" {
		if !strings.Contains(address, "@") {
			return errors.New("the address has no @")
		}
		l.addresses = append(l.addresses, l.hash(address))
	}
	if person != "" {
		h, err := personHash(person)
		if err != nil {
			return err
		}
		l.persons = append(l.persons, h)
	}
	return nil
}

func personHash(s string) (uint64, error) {
	if len(s) != 32 {
		return 0, errors.New("the person is not 32 hex digits: make it with postvagt-agent objections add")
	}
	h, err := strconv.ParseUint(s[:16], 16, 64)
	if err != nil {
		return 0, errors.New("the person is not 32 hex digits: make it with postvagt-agent objections add")
	}
	return h, nil
}

func (l *objectionList) hash(address string) uint64 {
	return maphash.String(l.seed, strings.ToLower(address))
}

// Address says whether a recipient has objected, also under a sub-address (anna+sag@…).
func (o *Objections) Address(addr string) bool {
	l := o.list.Load()
	if len(l.addresses) == 0 {
		return false
	}
	if _, found := slices.BinarySearch(l.addresses, l.hash(addr)); found {
		return true
	}
	local, domain, ok := strings.Cut(addr, "@")
	base, _, sub := strings.Cut(local, "+")
	if !ok || !sub || base == "" {
		return false
	}
	_, found := slices.BinarySearch(l.addresses, l.hash(base+"@"+domain))
	return found
}

// Person says whether somebody whose national number stands in a text has objected.
func (o *Objections) Person(kind string, canonical []byte) bool {
	l := o.list.Load()
	if len(l.persons) == 0 {
		return false
	}
	h, err := personHash(o.mask.Person(kind, canonical))
	if err != nil {
		return false
	}
	_, found := slices.BinarySearch(l.persons, h)
	return found
}

// lastByte remembers how a stream ends.
type lastByte struct {
	r io.Reader
	b byte
}

func (l *lastByte) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if n > 0 {
		l.b = p[n-1]
	}
	return n, err
}
