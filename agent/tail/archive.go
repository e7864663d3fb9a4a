package tail

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// decompress returns a reader of what a compressed file holds, told by its first bytes; nil for any other file.
func decompress(f *os.File) (io.ReadCloser, error) {
	var magic [6]byte
	n, err := f.ReadAt(magic[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	m := magic[:n]
	switch {
	case bytes.HasPrefix(m, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(bufio.NewReaderSize(io.NewSectionReader(f, 0, 1<<62), 1<<16))
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return z, nil
	case bytes.HasPrefix(m, []byte("BZh")):
		return io.NopCloser(bzip2.NewReader(bufio.NewReaderSize(io.NewSectionReader(f, 0, 1<<62), 1<<16))), nil
	case bytes.HasPrefix(m, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		return pipe(f, "xz", "xz-utils")
	case bytes.HasPrefix(m, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return pipe(f, "zstd", "zstd")
	}
	return nil, nil
}

// child is the output of a program that decompresses.
type child struct {
	io.Reader
	cmd   *exec.Cmd
	pipe  io.Closer
	ended bool
}

func pipe(f *os.File, program, pkg string) (io.ReadCloser, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("needs the program %s: apt-get install %s", program, pkg)
	}
	cmd := exec.Command(path, "-dc")
	cmd.Stdin = io.NewSectionReader(f, 0, 1<<62)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	return &child{Reader: bufio.NewReaderSize(out, 1<<16), cmd: cmd, pipe: out}, nil
}

// Read turns a program that failed into an error, so that half an archive is never taken for a whole one.
func (c *child) Read(b []byte) (int, error) {
	if c.ended {
		return 0, io.EOF
	}
	n, err := c.Reader.Read(b)
	if errors.Is(err, io.EOF) && !c.ended {
		c.ended = true
		if werr := c.cmd.Wait(); werr != nil {
			return n, fmt.Errorf("%s: %w", c.cmd.Path, werr)
		}
	}
	return n, err
}

func (c *child) Close() error {
	if c.ended {
		return nil
	}
	c.ended = true
	_ = c.pipe.Close()       // it may still want to write
	_ = c.cmd.Process.Kill() // and need not
	_ = c.cmd.Wait()         // its end is what was asked for
	return nil
}
