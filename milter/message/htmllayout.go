package message

import "golang.org/x/net/html/atom"

// before sets the white space that a start tag asks for.
func (h *htmlReader) before(tag string) {
	switch tag {
	case "td", "th":
		if h.row {
			h.gap = '\t'
			h.tab++
		}
		h.row, h.fresh = true, true
	case "tr":
		h.newRow()
	case "br", "hr":
		h.newline()
	case "option":
		h.space(' ')
	default:
		if isBlock(tag) {
			h.space('\n')
		}
	}
}

func (h *htmlReader) after(tag string) {
	switch {
	case tag == "tr" || tag == "table":
		h.newRow()
		h.row = tag == "table" && h.inCell()
	case tag == "td" || tag == "th":
	case tag == "option" || tag == "select" || tag == "button":
		h.space(' ')
	case isBlock(tag):
		h.space('\n')
	}
}

// inCell says whether a table just closed stands in a cell of another one.
func (h *htmlReader) inCell() bool {
	for i := len(h.stack) - 2; i >= 0; i-- {
		if t := h.stack[i].tag; t == "td" || t == "th" {
			return true
		}
	}
	return false
}

func isBlock(tag string) bool {
	switch atom.Lookup([]byte(tag)) {
	case atom.P, atom.Div, atom.Ul, atom.Ol, atom.Li, atom.Dl, atom.Dt, atom.Dd, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6,
		atom.Table, atom.Tbody, atom.Thead, atom.Tfoot, atom.Caption, atom.Tr, atom.Blockquote, atom.Pre, atom.Form, atom.Fieldset,
		atom.Address, atom.Article, atom.Section, atom.Header, atom.Footer, atom.Nav, atom.Aside, atom.Main, atom.Figure,
		atom.Figcaption, atom.Center, atom.Body, atom.Html, atom.Title, atom.Hr, atom.Textarea, atom.Legend, atom.Summary, atom.Details:
		return true
	}
	return false
}

// space notes white space that is due, the strongest wins: newline, tab, blank.
func (h *htmlReader) space(b byte) {
	if h.fresh && h.gap == '\t' {
		return // a block that begins a cell does not leave the row
	}
	if h.gap != '\n' && (b == '\n' || h.gap != '\t') {
		h.gap = b
	}
}

// newline ends the line at once: two <br> leave an empty line.
func (h *htmlReader) newline() {
	h.breakLine()
	h.gap = 0
}
