package detect

// endingTable maps endings, packed six bits a symbol, to the languages that have them; open addressing.
type endingTable struct {
	keys    [endingSlots]uint64
	langs   [endingSlots]uint8
	lengths [symCount]uint16 // by first symbol, a bit for each length that endings have
	used    int
}

const (
	maxEnding   = 10
	endingSlots = 1 << 13
)

func pack(ending []uint8) (key uint64) {
	for _, sym := range ending {
		key = key<<6 | uint64(sym)
	}
	return key
}

func (t *endingTable) slot(key uint64) uint64 {
	i := spread(key) % endingSlots
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) % endingSlots
	}
	return i
}

// add registers an ending; longer ones than any language has, and more than fit, are left out.
func (t *endingTable) add(ending []uint8, langs uint8) {
	if len(ending) == 0 || len(ending) > maxEnding || t.used > endingSlots*3/4 {
		return
	}
	i := t.slot(pack(ending))
	if t.keys[i] == 0 {
		t.used++
	}
	t.keys[i] = pack(ending)
	t.langs[i] |= langs
	t.lengths[ending[0]] |= 1 << len(ending)
}

// of gives the languages that have an ending, which is not empty.
func (t *endingTable) of(ending []uint8) uint8 {
	if len(ending) > maxEnding || t.lengths[ending[0]]>>len(ending)&1 == 0 {
		return 0
	}
	return t.langs[t.slot(pack(ending))]
}
