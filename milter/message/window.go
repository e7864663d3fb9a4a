package message

import "io"

// windowSize is how much is read at once where small reads follow each other.
const windowSize = 32 << 10

// window answers small reads near each other from one larger one: records and sectors are read one by
// one, from what may be a file.
type window struct {
	r   io.ReaderAt
	off int64
	buf []byte
	had []byte // what of buf is filled
}

// windowed gives data through a window. It is for one reader at a time.
func windowed(data *io.SectionReader) *io.SectionReader {
	return io.NewSectionReader(&window{r: data, buf: make([]byte, windowSize)}, 0, data.Size())
}

// ReadAt implements io.ReaderAt.
func (w *window) ReadAt(p []byte, off int64) (int, error) {
	if len(p) > windowSize/2 {
		return w.r.ReadAt(p, off)
	}
	if off < w.off || off+int64(len(p)) > w.off+int64(len(w.had)) {
		w.off, w.had = off, w.buf[:0]
		n, err := w.r.ReadAt(w.buf, off)
		if err != nil && err != io.EOF {
			return 0, err
		}
		w.had = w.buf[:n]
	}
	n := copy(p, w.had[off-w.off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
