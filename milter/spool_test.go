package milter

import (
	"bytes"
	"io"
	"os"
	"testing"
)

func TestSpool(t *testing.T) {
	for name, tt := range map[string]struct {
		over, max int64
		kept      int
		onDisk    bool
	}{"in memory": {100, 1000, 60, false}, "on disk": {10, 1000, 60, true}, "exactly": {60, 60, 60, false}, "cut": {10, 25, 25, true}, "cut in memory": {100, 25, 25, false}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := &spool{dir: dir, over: tt.over, max: tt.max}
			var all []byte
			for i := range 6 {
				piece := bytes.Repeat([]byte{byte('a' + i)}, 10)
				all = append(all, piece...)
				s.Write(piece)
			}
			got, err := io.ReadAll(io.NewSectionReader(s.reader(), 0, s.kept))
			if err != nil || !bytes.Equal(got, all[:tt.kept]) || s.seen != 60 || (s.file != nil) != tt.onDisk || s.writeErr != nil {
				t.Errorf("%d bytes kept of %d, on disk %v, errors %v %v", len(got), s.seen, s.file != nil, err, s.writeErr)
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
				t.Errorf("%d files have a name, %v", len(files), err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSpoolKeepsItsFirstError(t *testing.T) {
	s := &spool{dir: t.TempDir() + "/missing", over: 1, max: 100}
	s.Write([]byte("ab"))
	s.Write([]byte("cd"))
	if s.writeErr == nil || s.seen != 4 {
		t.Errorf("error %v, %d bytes seen", s.writeErr, s.seen)
	}
}
