package detect

// Phrases are a trie over patterns. Its edges live in one open-addressed table, each with all that is known of where it
// leads, so that following one is one look at memory as a rule. A node is the number of the edge that leads to it, behind
// those of the roots; 0 is none.
type phraseTable struct {
	edges   []edge
	roots   int32
	several []term // the second and further terms of one end, up to one of no words
}

// edge goes on from a node by a pattern. That from node 0 is a free place.
type edge struct {
	from, pattern int32
	on            uint64 // follows of all patterns that go on from where it leads: most words tell by one bit that they don't
	end           term   // that ends there; of no words if none does
	more          int32  // where in several further ones stand, at 0 none
}

// follows gives the bit of a pattern.
func follows(pattern int32) uint64 { return 1 << (uint32(pattern) % 64) }

const maxPhrase = 12

// phraseBuilder gathers phrases as nodes, each after the one that it goes on from.
type phraseBuilder struct {
	edges map[uint64]int32
	nodes []phraseNode
}

// phraseNode is a node being built.
type phraseNode struct {
	from, pattern int32 // by which it is reached; from is 0 for a root
	on            uint64
	ends          []int32
}

func newPhraseBuilder() phraseBuilder {
	return phraseBuilder{edges: map[uint64]int32{}, nodes: make([]phraseNode, 1)}
}

func (p *phraseBuilder) node(from, pattern int32) int32 {
	p.nodes = append(p.nodes, phraseNode{from: from, pattern: pattern})
	return int32(len(p.nodes) - 1)
}

func (p *phraseBuilder) add(patterns []draft, ids []int32, term int32) {
	first := &patterns[ids[0]]
	if first.first == 0 {
		first.first = p.node(0, ids[0])
	}
	at := first.first
	for _, id := range ids[1:] {
		patterns[id].later = true
		key := edgeKey(at, id)
		n, ok := p.edges[key]
		if !ok {
			n = p.node(at, id)
			p.edges[key] = n
			p.nodes[at].on |= follows(id)
		}
		at = n
	}
	p.nodes[at].ends = append(p.nodes[at].ends, term)
}

func edgeKey(node, pattern int32) uint64 { return uint64(node)<<32 | uint64(pattern) }

// table lays the phrases out, and tells the drafts which node they begin at, and what may follow.
func (p *phraseBuilder) table(terms []term, drafts []draft) phraseTable {
	size := 16
	for size < 2*len(p.edges) {
		size *= 2
	}
	t := phraseTable{edges: make([]edge, size), several: make([]term, 1)}
	at := make([]int32, len(p.nodes)) // by node, what it is in the table
	for i, n := range p.nodes {
		if i > 0 && n.from == 0 {
			t.roots++
			at[i] = t.roots
			d := &drafts[n.pattern]
			d.first, d.on = at[i], n.on
		}
	}
	for i, n := range p.nodes {
		if n.from == 0 {
			continue
		}
		free := t.probe(at[n.from], n.pattern)
		at[i] = t.node(free)
		x := &t.edges[free]
		*x = edge{from: at[n.from], pattern: n.pattern, on: n.on}
		if len(n.ends) > 0 {
			x.end = terms[n.ends[0]]
		}
		if len(n.ends) > 1 {
			x.more = int32(len(t.several))
			for _, id := range n.ends[1:] {
				t.several = append(t.several, terms[id])
			}
			t.several = append(t.several, term{})
		}
	}
	return t
}

func spread(x uint64) uint64 {
	x ^= x >> 29
	x *= 0x9e3779b97f4a7c15
	return x ^ x>>32
}

// probe gives the place of the edge from a node by a pattern, or the free place where it would stand.
func (t *phraseTable) probe(node, pattern int32) int {
	mask := len(t.edges) - 1
	for i := int(spread(edgeKey(node, pattern))) & mask; ; i = (i + 1) & mask {
		if x := &t.edges[i]; x.from == 0 || x.from == node && x.pattern == pattern {
			return i
		}
	}
}

// node gives the node to which an edge leads.
func (t *phraseTable) node(edge int) int32 { return t.roots + 1 + int32(edge) }
