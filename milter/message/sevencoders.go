package message

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"
)

// decode puts one coder behind r; size is what it gives.
func (z *sevenFile) decode(c sevenCoder, r io.Reader, size int64, password string) (io.Reader, error) {
	if c.in != 1 || c.out != 1 {
		return nil, reason("unknown compression")
	}
	switch c.id {
	case sevenCopy, sevenBCJ: // the filter for programs changes no text
		return r, nil
	case sevenAES:
		return z.decrypt(c.props, r, size, password)
	case sevenDeflate:
		return flate.NewReader(newBuf(r)), nil
	case sevenBzip2:
		return bzip2.NewReader(newBuf(z.o.dear(r))), nil
	case sevenLZMA:
		return lzmaReader(c.props, z.o.dear(r), size)
	case sevenZstd:
		out, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(windowMax))
		if err != nil {
			return nil, damaged
		}
		return out, nil // with one decoder there is nothing to close
	case sevenLZMA2:
		if len(c.props) != 1 {
			return nil, damaged
		}
		return newLZMA2(newBuf(z.o.dear(r)), c.props[0], min(max(size, 0), windowMax))
	}
	return nil, reason("unknown compression")
}

// lzmaReader reads LZMA whose header stands apart.
func lzmaReader(props []byte, r io.Reader, size int64) (io.Reader, error) {
	if len(props) != 5 {
		return nil, damaged
	}
	head := append([]byte(nil), props...)
	dict := int64(binary.LittleEndian.Uint32(head[1:]))
	if dict = min(dict, max(size, lzma.MinDictCap)); dict > windowMax {
		return nil, errLimit
	}
	binary.LittleEndian.PutUint32(head[1:], uint32(dict))
	head = binary.LittleEndian.AppendUint64(head, uint64(size))
	out, err := lzma.ReaderConfig{DictCap: windowMax}.NewReader(io.MultiReader(bytes.NewReader(head), newBuf(r)))
	if err != nil {
		return nil, damaged
	}
	return out, nil
}
