package message

// odf reads OpenDocument text, sheets and presentations.
func (z *zipFile) odf() error {
	if m := z.manifest(); m.locked {
		z.o.locked(z.d, "office", m.algorithm)
		z.o.tryLater(attempt{d: z.d, kind: kindODF, cost: m.cost(), fits: func(pw string) bool { return z.fitsODF(m, pw) }, open: func(pw string) error {
			z.odfKeys = &odfKeys{manifest: m, password: pw}
			return z.odfText()
		}})
		return encrypted
	}
	return z.odfText()
}

// odfText reads the text parts, then what is embedded.
func (z *zipFile) odfText() error {
	text := z.o.layout(z.d, kindODF)
	hid := z.o.aside(z.d, kindODF)
	var failed error
	for _, e := range z.entries {
		b := baseName(e.name)
		if b != "content.xml" && b != "styles.xml" && b != "meta.xml" {
			continue
		}
		if err := z.xml(e, &odfText{l: text, hid: hid, meta: b == "meta.xml"}); err != nil && failed == nil {
			failed = err
		}
		text.space('\n')
	}
	text.close()
	hid.close()
	if err := z.embedded(); err != nil && failed == nil {
		failed = err
	}
	return failed
}

// odfText takes the text of an OpenDocument part.
type odfText struct {
	l       *layout
	hid     *aside
	meta    bool
	para    int // depth inside paragraphs
	deleted int // depth inside tracked changes
	hidden  []byte
	style   string          // the style being defined
	unseen  map[string]bool // styles of tables and of text that are not shown
	open    []bool          // open tables and spans: is it, or one around it, not shown
}

func (t *odfText) start(name []byte, attrs xmlAttrs) {
	switch string(name) {
	case "p", "h":
		t.para++
	case "tab":
		t.l.space('\t')
	case "line-break":
		t.l.space('\n')
	case "s":
		if t.para > 0 {
			t.l.space(' ')
		}
	case "table-cell", "covered-table-cell":
		t.l.cell()
	case "table-row":
		t.l.newRow()
	case "table":
		t.l.newRow()
		t.hid.add([]byte(attrs.get("name")))
		t.enter(attrs.get("style-name"))
	case "span":
		t.enter(attrs.get("style-name"))
	case "style":
		t.style = attrs.get("name")
	case "table-properties":
		t.unsee(attrs.get("display") == "false")
	case "text-properties":
		t.unsee(attrs.get("display") == "none")
	case "tracked-changes":
		t.deleted++
	case "a":
		t.hid.add(percentDecode(attrs.get("href")))
	}
}

// flush sets hidden text aside.
func (t *odfText) flush() {
	t.hid.add(t.hidden)
	t.hidden = t.hidden[:0]
}

// away says whether the present table or span is not shown.
func (t *odfText) away() bool { return len(t.open) > 0 && t.open[len(t.open)-1] }

func (t *odfText) enter(style string) { t.open = append(t.open, t.away() || t.unseen[style]) }

func (t *odfText) leave() {
	if n := len(t.open); n > 0 {
		t.open = t.open[:n-1]
	}
}

// unsee remembers that the style being defined is not shown.
func (t *odfText) unsee(hides bool) {
	if !hides || len(t.unseen) >= 1000 {
		return
	}
	if t.unseen == nil {
		t.unseen = map[string]bool{}
	}
	t.unseen[t.style] = true
}

func (t *odfText) end(name []byte) {
	switch string(name) {
	case "p", "h":
		t.para--
		if t.away() {
			t.hidden = append(t.hidden, '\t')
		} else {
			t.flush()
		}
		t.l.space('\n')
	case "table-row":
		t.flush()
		t.l.newRow()
	case "table":
		t.l.newRow()
		t.leave()
	case "span":
		t.leave()
	case "tracked-changes":
		t.deleted--
	case "annotation":
		t.l.space('\n')
	}
}

func (t *odfText) chars(p []byte) {
	switch {
	case t.deleted > 0 || t.away():
		if t.para > 0 && len(t.hidden) < 1<<20 {
			t.hidden = append(t.hidden, p...)
		}
	case t.meta && !isBlank(p):
		t.hid.add(p)
	case t.para > 0:
		t.l.put(p)
	}
}
