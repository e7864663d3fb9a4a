package detect

// Phrases are a trie over patterns. Node 0 is none; edges live in one open-addressed table, so following
// an edge is one probe as a rule.
type phraseTable struct {
	keys []uint64 // node<<32 | pattern, 0 is free
	next []int32
	mask uint64
	node []phraseNode
}

// phraseNode is what is known of a node.
type phraseNode struct {
	on   uint64  // follows of all patterns that go on from it: most words tell by one bit that they don't
	ends []int32 // terms that end at it
}

// follows gives the bit of a pattern.
func follows(pattern int32) uint64 { return 1 << (uint32(pattern) % 64) }

const maxPhrase = 12

type phraseBuilder struct {
	edges map[uint64]int32
	ends  [][]int32
}

func newPhraseBuilder() phraseBuilder {
	return phraseBuilder{edges: map[uint64]int32{}, ends: make([][]int32, 1)}
}

func (p *phraseBuilder) node() int32 {
	p.ends = append(p.ends, nil)
	return int32(len(p.ends) - 1)
}

func (p *phraseBuilder) add(patterns []draft, ids []int32, term int32) {
	first := &patterns[ids[0]]
	if first.first == 0 {
		first.first = p.node()
	}
	at := first.first
	for _, id := range ids[1:] {
		patterns[id].later = true
		key := uint64(at)<<32 | uint64(id)
		n, ok := p.edges[key]
		if !ok {
			n = p.node()
			p.edges[key] = n
		}
		at = n
	}
	p.ends[at] = append(p.ends[at], term)
}

func (p *phraseBuilder) table() phraseTable {
	size := 16
	for size < 3*len(p.edges) {
		size *= 2
	}
	t := phraseTable{keys: make([]uint64, size), next: make([]int32, size), mask: uint64(size - 1), node: make([]phraseNode, len(p.ends))}
	for i, ends := range p.ends {
		t.node[i].ends = ends
	}
	for key, n := range p.edges {
		i := spread(key) & t.mask
		for t.keys[i] != 0 {
			i = (i + 1) & t.mask
		}
		t.keys[i], t.next[i] = key, n
		t.node[key>>32].on |= follows(int32(key))
	}
	return t
}

func spread(x uint64) uint64 {
	x ^= x >> 29
	x *= 0x9e3779b97f4a7c15
	return x ^ x>>32
}

// step follows the edge for a pattern, 0 if there is none.
func (t *phraseTable) step(node, pattern int32) int32 {
	key := uint64(node)<<32 | uint64(pattern)
	for i := spread(key) & t.mask; t.keys[i] != 0; i = (i + 1) & t.mask {
		if t.keys[i] == key {
			return t.next[i]
		}
	}
	return 0
}
