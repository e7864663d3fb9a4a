package message

// Defaults of Limits.
const (
	defaultDepth     = 20
	defaultParts     = 1000
	defaultTextBytes = 64 << 20
	defaultExpanded  = 200 << 20
)

// budget is what is left of the Limits for one message. Every walker and extractor draws on the same one.
type budget struct {
	depth    int
	parts    int
	text     int64
	expanded int64
	memory   int64 // decoded bytes that may still be held in memory; the rest goes to a temporary file
	header   int64 // header bytes that may still be kept
	steps    int   // archive entries, records and the like that may still be looked at
}

func newBudget(l Limits) budget {
	b := budget{depth: l.Depth, parts: l.Parts, text: l.TextBytes, expanded: l.Expanded, memory: 8 << 20, header: headerMax, steps: 100_000}
	if b.depth <= 0 {
		b.depth = defaultDepth
	}
	if b.parts <= 0 {
		b.parts = defaultParts
	}
	if b.text <= 0 {
		b.text = defaultTextBytes
	}
	if b.expanded <= 0 {
		b.expanded = defaultExpanded
	}
	return b
}

// takePart says whether one more part may be opened.
func (b *budget) takePart() bool {
	if b.parts <= 0 {
		return false
	}
	b.parts--
	return true
}

// takeStep says whether one more small piece of work may be done.
func (b *budget) takeStep() bool {
	if b.steps <= 0 {
		return false
	}
	b.steps--
	return true
}

// takeExpanded says how many of n further decoded bytes are allowed.
func (b *budget) takeExpanded(n int) int {
	if int64(n) > b.expanded {
		n = int(b.expanded)
	}
	b.expanded -= int64(n)
	return n
}
