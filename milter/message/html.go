package message

import (
	"bytes"
	"io"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlReader turns HTML into the lines that a reader sees: blocks and rows are lines, cells are
// separated by tabs, inline tags join. What a reader does not see goes to a text apart.
type htmlReader struct {
	o      *opener
	t      *textLines
	hidden *aside
	styles *styleRules

	lastClass, lastStyle lastValue

	stack     []element
	open      map[string]int // open elements by name
	over      int            // open elements beyond the stack's bound
	line      []byte
	lineQuote bool
	gap       byte // white space that is due before the next text: 0, ' ', '\t' or '\n'
	row       bool // the present row has had a cell
	begun     bool // a row began since the last text: a line is due whatever its cells say
	tab       int  // tabs due: cells between may be empty
	fresh     bool // nothing was written since the present cell began
	long      bool // the beginning of the present line was handed over
	gone      bool // an earlier mail began: all that follows is quoted
}

// element is an open element that changes how its text is read.
type element struct {
	tag            string
	hidden, quoted bool
	pre            bool
	raw            bool // script and style
}

// htmlDepth bounds the stack of open elements; deeper ones inherit.
const htmlDepth = 256

// htmlToken bounds one tag or one stretch of text.
const htmlToken = 4 << 20

// readHTML reads a document.
func (o *opener) readHTML(d doc, r io.Reader) error {
	h := &htmlReader{o: o, t: o.textLines(d, kindHTML), hidden: o.aside(d, kindHTML), styles: newStyleRules(), open: map[string]int{}}
	err := h.tokens(r)
	h.breakLine()
	h.t.close()
	h.hidden.close()
	return err
}

func (h *htmlReader) tokens(r io.Reader) error {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(htmlToken)
	for h.o.budget.text > 0 {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() == io.EOF {
				return nil
			}
			if z.Err() != html.ErrBufferExceeded {
				return z.Err()
			}
			h.huge(z.Raw())
			z = html.NewTokenizer(io.MultiReader(bytes.NewReader(append([]byte(nil), z.Buffered()...)), r))
			z.SetMaxBuf(htmlToken)
		case html.TextToken:
			h.content(z)
		case html.StartTagToken:
			h.start(z, false)
		case html.SelfClosingTagToken:
			h.start(z, true)
		case html.EndTagToken:
			name, _ := z.TagName()
			h.end(tagName(name))
		case html.CommentToken:
			h.comment(z.Text())
		}
	}
	return nil
}

// huge takes a token beyond the bound: an inlined picture, or text without any tag.
func (h *htmlReader) huge(raw []byte) {
	if bytes.HasPrefix(raw, []byte("<")) {
		h.hide(raw)
		return
	}
	h.text(raw)
}

// content takes a text token.
func (h *htmlReader) content(z *html.Tokenizer) {
	if top := h.top(); top.raw {
		if top.tag == "style" {
			h.styles.parse(z.Raw())
		} else {
			h.hide(z.Raw())
		}
		return
	}
	h.text(z.Text())
}

// comment reads what stands in a comment as hidden text: Outlook shows conditional ones.
func (h *htmlReader) comment(p []byte) {
	if len(bytes.TrimSpace(p)) == 0 {
		return
	}
	z := html.NewTokenizer(bytes.NewReader(p))
	skip := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			if t := z.Text(); !skip && len(bytes.TrimSpace(t)) > 0 {
				h.hide(t)
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			skip = string(name) == "style" || string(name) == "xml"
		case html.EndTagToken:
			name, _ := z.TagName()
			skip = skip && string(name) != "style" && string(name) != "xml"
		}
	}
}

func (h *htmlReader) top() element {
	if len(h.stack) == 0 {
		return element{}
	}
	return h.stack[len(h.stack)-1]
}

// tagName is the name as a string, of a known element without a copy.
func tagName(name []byte) string {
	if a := atom.Lookup(name); a != 0 {
		return a.String()
	}
	return string(name)
}

// voids are the elements without an end tag.
var voids = map[string]bool{"br": true, "hr": true, "img": true, "input": true, "meta": true, "link": true, "area": true, "base": true, "col": true, "embed": true, "source": true, "track": true, "wbr": true, "param": true}

// start takes a start tag.
func (h *htmlReader) start(z *html.Tokenizer, selfClosing bool) {
	nameBytes, more := z.TagName()
	tag := tagName(nameBytes)
	a := h.attributes(z, more)
	e := h.top()
	e.tag = tag
	e.hidden = e.hidden || a.hidden || hiddenTags[tag] || h.styles.hides(tag, a.id, a.class)
	e.quoted = e.quoted || tag == "blockquote" && (a.cite || h.hasQuoteClass(a)) || h.hasQuoteClass(a)
	e.pre = e.pre || tag == "pre" || tag == "textarea"
	e.raw = tag == "script" || tag == "style"
	if h.beginsEarlier(a) {
		h.breakLine()
		h.gone = true
	}
	h.before(tag)
	h.shown(a, e)
	if voids[tag] || selfClosing && !isBlock(tag) && tag != "td" && tag != "th" && tag != "span" {
		return
	}
	h.closeImplied(tag)
	if len(h.stack) >= htmlDepth {
		h.over++
		return
	}
	h.stack = append(h.stack, e)
	h.open[tag]++
}

// hiddenTags are elements whose content no reader sees.
var hiddenTags = map[string]bool{"title": true, "template": true, "datalist": true}

// shown hands over the attributes that are text.
func (h *htmlReader) shown(a attrs, e element) {
	if a.alt != "" {
		if e.hidden {
			h.hide([]byte(a.alt))
		} else {
			h.space(' ')
			h.text([]byte(a.alt))
			h.space(' ')
		}
	}
	if a.value != "" {
		if e.hidden || a.typ == "hidden" {
			h.hide([]byte(a.value))
		} else {
			h.text([]byte(a.value))
		}
	}
	if a.title != "" {
		h.hide([]byte(a.title))
	}
	if a.href != "" {
		h.hide(percentDecode(a.href))
	}
}

// closeImplied closes what HTML lets authors leave open, so that hidden or quoted does not leak.
func (h *htmlReader) closeImplied(tag string) {
	if len(h.stack) == 0 {
		return
	}
	top := h.stack[len(h.stack)-1].tag
	switch {
	case top == "p" && isBlock(tag), top == "li" && tag == "li", top == "td" && (tag == "td" || tag == "th" || tag == "tr"),
		top == "th" && (tag == "td" || tag == "th" || tag == "tr"), top == "tr" && tag == "tr", top == "option" && tag == "option",
		top == "title" && tag == "body", top == "head" && tag == "body":
		h.pop(len(h.stack) - 1)
	}
}

// end takes an end tag: it closes the innermost element of that name, and those inside it.
func (h *htmlReader) end(tag string) {
	h.after(tag)
	if h.over > 0 {
		h.over--
		return
	}
	if h.open[tag] == 0 {
		return // it was never opened: no search through the stack
	}
	for i := len(h.stack) - 1; i >= 0; i-- {
		if h.stack[i].tag == tag {
			h.pop(i)
			return
		}
	}
}

// pop closes the elements from i on.
func (h *htmlReader) pop(i int) {
	for _, e := range h.stack[i:] {
		h.open[e.tag]--
	}
	h.stack = h.stack[:i]
}

// text takes text as a reader sees it, white space collapsed.
func (h *htmlReader) text(p []byte) {
	top := h.top()
	if top.hidden {
		h.hide(p)
		return
	}
	for len(p) > 0 {
		n := bytes.IndexAny(p, " \t\r\n\f")
		if n != 0 {
			if n < 0 {
				n = len(p)
			}
			h.word(p[:n], top.quoted)
			p = p[n:]
			continue
		}
		if top.pre && p[0] == '\n' {
			h.newline()
		} else {
			h.space(' ')
		}
		p = p[1:]
	}
}

// word appends letters to the line, after the white space that is due.
func (h *htmlReader) word(p []byte, quoted bool) {
	some := len(h.line) > 0 || h.long
	switch {
	case h.begun:
		if some {
			tab := h.tab
			h.breakLine()
			h.tab = tab
		}
		h.tabs(h.tab)
	case h.gap == '\n' && some:
		h.breakLine()
	case h.gap == '\t' && some:
		h.tabs(max(h.tab, 1))
	case h.gap != 0 && some:
		h.line = append(h.line, h.gap)
	}
	h.tab, h.begun = 0, false
	h.gap, h.fresh = 0, false
	if len(h.line) == 0 {
		h.lineQuote = quoted
	}
	h.line = append(h.line, p...)
	if len(h.line) > lineMax {
		h.t.fragment(h.line)
		h.line, h.long = h.line[:0], true
	}
}

// newRow ends the present row of a table, and begins one.
func (h *htmlReader) newRow() {
	h.gap, h.tab, h.row, h.begun = 0, 0, false, true
}

func (h *htmlReader) tabs(n int) {
	for ; n > 0 && n < 100; n-- {
		h.line = append(h.line, '\t')
	}
}

func (h *htmlReader) breakLine() {
	h.gap, h.tab, h.begun = 0, 0, false
	if h.long {
		h.t.fragment(append(h.line, '\n'))
		h.long = false
	} else {
		h.t.line(h.line, h.lineQuote || h.gone)
	}
	h.line = h.line[:0]
	h.lineQuote = h.top().quoted
}

// hide keeps text that no reader sees.
func (h *htmlReader) hide(p []byte) { h.hidden.add(p) }
