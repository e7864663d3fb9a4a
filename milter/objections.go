package milter

import (
	"bufio"
	"cmp"
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
	addresses []objection // sorted
	persons   []objection // sorted
}

// objection is a hash of what is looked for, and of whom: the name of verdict.Masker.Objector.
type objection struct{ hash, who uint64 }

// find returns the name behind a hash, "" for none.
func find(sorted []objection, hash uint64) string {
	i, found := slices.BinarySearchFunc(sorted, hash, func(o objection, h uint64) int { return cmp.Compare(o.hash, h) })
	if !found {
		return ""
	}
	return fmt.Sprintf("%016x", sorted[i].who)
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
	list, err := readObjections(f, o.path, o.mask)
	if err != nil {
		return err
	}
	o.list.Store(list)
	o.stamp = stamp
	return nil
}

// readObjections reads a whole file or none of it.
func readObjections(r io.Reader, path string, mask verdict.Masker) (*objectionList, error) {
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
		if err := l.add(mask, row[0], row[1]); err != nil {
			line, _ := c.FieldPos(0)
			return nil, &program.Error{File: path, Line: line, Reason: err.Error()}
		}
	}
	if end.b != '\n' {
		return nil, &program.Error{File: path, Reason: "does not end with a line: is it being written? the objections read before stay in force"}
	}
	for _, s := range []*[]objection{&l.addresses, &l.persons} {
		slices.SortStableFunc(*s, func(a, b objection) int { return cmp.Compare(a.hash, b.hash) })
		*s = slices.Clip(slices.CompactFunc(*s, func(a, b objection) bool { return a.hash == b.hash }))
	}
	return l, nil
}

func (l *objectionList) add(mask verdict.Masker, address, person string) error {
	if address == "" && person == "" {
		return errors.New("has neither an address nor a person")
	}
	who, err := strconv.ParseUint(mask.Objector(address, person), 16, 64)
	if err != nil {
		return err
	}
	if address != "" {
		if !strings.Contains(address, "@") {
			return errors.New("the address has no @")
		}
		l.addresses = append(l.addresses, objection{l.hash(address), who})
	}
	if person != "" {
		h, err := personHash(person)
		if err != nil {
			return err
		}
		l.persons = append(l.persons, objection{h, who})
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

// Address says which recipient has objected, also under a sub-address (anna+sag@…): a name that tells nothing, "" for none.
func (o *Objections) Address(addr string) string {
	l := o.list.Load()
	if len(l.addresses) == 0 {
		return ""
	}
	if who := find(l.addresses, l.hash(addr)); who != "" {
		return who
	}
	base := verdict.BaseAddress(addr)
	if base == addr {
		return ""
	}
	return find(l.addresses, l.hash(base))
}

// Person says who of those whose national number stands in a text has objected; "" for nobody.
func (o *Objections) Person(kind string, canonical []byte) string {
	l := o.list.Load()
	if len(l.persons) == 0 {
		return ""
	}
	h, err := personHash(o.mask.Person(kind, canonical))
	if err != nil {
		return ""
	}
	return find(l.persons, h)
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
