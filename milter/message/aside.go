package message

import "bytes"

// aside keeps hidden text of a document until its visible text is complete, so that neither breaks
// the other.
type aside struct {
	o    *opener
	d    doc
	kind kind
	s    *spool
}

func (o *opener) aside(d doc, k kind) *aside {
	return &aside{o: o, d: d, kind: k, s: &spool{b: &o.budget}}
}

// add keeps one hidden text, trimmed, as a line.
func (a *aside) add(p []byte) {
	p = bytes.TrimSpace(p)
	if len(p) == 0 || a.s.size > a.o.budget.text {
		return
	}
	if a.s.write(p) == nil {
		a.s.write(newline)
	}
}

// close hands the hidden text over.
func (a *aside) close() {
	defer a.s.close()
	if a.s.size == 0 {
		return
	}
	w := a.o.text(a.d.label(string(a.kind)), a.d.quoted, true)
	ln := newLines(a.s.section())
	defer ln.close()
	var carry []byte
	for {
		p, _, err := ln.next()
		if err != nil && len(p) == 0 {
			break
		}
		carry = append(carry, p...)
		use := completeRunes(carry)
		w.write(carry[:use])
		carry = append(carry[:0], carry[use:]...)
	}
	w.write(carry)
	w.close()
}

// layout writes text with the white space that paragraphs, cells and rows ask for.
type layout struct {
	w     *textWriter
	gap   byte // due before the next text: 0, ' ', '\t' or '\n'
	row   bool // the present row has had a cell
	begun bool // a row began since the last text: a line is due whatever its cells say
	tab   int  // tabs due: cells between may be empty
	any   bool // something was written
}

func (o *opener) layout(d doc, k kind) *layout {
	w := o.text(d.label(string(k)), d.quoted, d.hidden)
	w.content = true
	return &layout{w: w}
}

// put writes text.
func (l *layout) put(p []byte) {
	if len(p) == 0 {
		return
	}
	switch {
	case l.begun:
		if l.any {
			l.w.write(newline)
		}
		l.tabs(l.tab)
	case l.gap == '\t':
		l.tabs(max(l.tab, 1))
	case l.gap != 0 && l.any:
		l.w.write([]byte{l.gap})
	}
	l.gap, l.tab, l.begun, l.any = 0, 0, false, true
	l.w.write(p)
}

func (l *layout) tabs(n int) {
	for ; n > 0; n-- {
		l.w.write([]byte{'\t'})
	}
}

// space asks for white space: a newline is stronger than a tab, a tab than a blank.
func (l *layout) space(b byte) {
	if l.gap != '\n' && (b == '\n' || l.gap != '\t') {
		l.gap = b
	}
}

// cell begins a cell of the present row.
func (l *layout) cell() {
	if l.row {
		l.gap = '\t'
		l.tab++
	}
	l.row = true
}

// newRow ends the present row, and begins one.
func (l *layout) newRow() {
	l.gap, l.tab, l.row, l.begun = 0, 0, false, true
}

func (l *layout) close() { l.w.close() }
