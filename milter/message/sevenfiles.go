package message

// archive reads the header of the archive itself: folders and the names of files.
func (z *sevenFile) archive(r *byteReader) error {
	for !r.bad {
		switch r.byte() {
		case 0x00:
			return nil
		case 0x02:
			for r.byte() != 0 && !r.bad {
				r.take(r.number())
			}
		case 0x03:
			r.streams()
		case 0x04:
			z.folders = r.streams()
		case 0x05:
			z.files(r)
		default:
			r.fail()
		}
	}
	return damaged
}

// files reads the list of files.
func (z *sevenFile) files(r *byteReader) {
	n := r.count(sevenFiles)
	if z.empty != nil { // one list and no more, or the header is work without end
		r.fail()
		return
	}
	z.empty = make([]bool, n)
	for !r.bad {
		typ := r.byte()
		if typ == 0 {
			return
		}
		p := &byteReader{p: r.take(r.number())}
		switch typ {
		case 0x0e:
			z.empty = p.bits(n)
		case 0x11:
			if p.byte() == 0 {
				z.readNames(p.p, n)
			}
		}
	}
}

func (z *sevenFile) readNames(p []byte, n int) {
	for len(z.names) < n {
		end := 0
		for end+1 < len(p) && (p[end] != 0 || p[end+1] != 0) {
			end += 2
		}
		if end+1 >= len(p) {
			return
		}
		z.names = append(z.names, utf16Text(p[:end]))
		p = p[end+2:]
	}
}
