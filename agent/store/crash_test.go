package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

const crashPath = "POSTVAGT_TEST_CRASH_DB"

// batchDocuments are the documents of the n-th batch: some new ones and a change of older ones.
func batchDocuments(n int) []event.Document {
	r := rand.New(rand.NewPCG(9, uint64(n)))
	var all []event.Document
	for i := range 30 {
		d := randomDocument(r, 20*n+i, spring, 3) // the last 10 are overwritten by the next batch
		d.Time = spring.Add(time.Duration(20*n+i) * 17 * time.Minute)
		all = append(all, d)
	}
	return all
}

func TestMain(m *testing.M) {
	if path := os.Getenv(crashPath); path != "" {
		if err := writeForEver(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeForEver goes on from the committed position, one batch a commit, and prints a line for each.
func writeForEver(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, In(copenhagen))
	if err != nil {
		return err
	}
	at, err := position(s)
	if err != nil {
		return err
	}
	for n := at; ; n++ {
		next := Position{"log", binary.AppendUvarint(nil, uint64(n+1))}
		b := Batch{Documents: batchDocuments(n), Positions: []Position{next}, Put: []Item{{Key: fmt.Sprint("batch ", n)}},
			Delete: []string{fmt.Sprint("batch ", n-1)}, Unknown: map[string]int64{"p": 1}}
		if err := s.Commit(ctx, b); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func position(s *Store) (int, error) {
	all, err := s.Positions(context.Background())
	if err != nil || len(all) == 0 {
		return 0, err
	}
	n, _ := binary.Uvarint(all[0].Data)
	return int(n), nil
}

// A process that is killed at any moment leaves whole batches only: documents, figures, state and position agree.
func TestKillBetweenCommits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postvagt.db")
	r := rand.New(rand.NewPCG(7, 7))
	for round := range 12 {
		killAfter(t, path, 1+r.IntN(6))
		s, err := Open(t.Context(), path, In(copenhagen))
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		checkWhole(t, s)
		s.Close()
	}
}

// killAfter runs the child until it has said n times that it committed, and kills it while it goes on.
func killAfter(t *testing.T, path string, n int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashPath+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range n {
		if !lines.Scan() {
			t.Fatalf("the child ended by itself: %v", child.Wait())
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait() // its error is the kill
}

func checkWhole(t *testing.T, s *Store) {
	t.Helper()
	at, err := position(s)
	if err != nil {
		t.Fatal(err)
	}
	latest := map[string]event.Document{}
	for n := range at {
		for _, d := range batchDocuments(n) {
			latest[d.Key] = d
		}
	}
	var want []event.Document
	for _, d := range latest {
		want = append(want, d)
	}
	_, total, err := s.Documents(t.Context(), dashboards.Period{}, nil, 0, 1)
	if err != nil || total != len(want) {
		t.Errorf("after %d batches: %d documents, want %d, %v", at, total, len(want), err)
	}
	checkQuestions(t, s, want, dashboards.Questions()[:8])
	if u, err := s.Unknown(t.Context()); err != nil || u["p"] != int64(at) {
		t.Errorf("after %d batches: %d unknown lines, %v", at, u["p"], err)
	}
	if state := stateOf(t, s); len(state) != min(at, 1) {
		t.Errorf("after %d batches: %d pieces of state", at, len(state))
	}
}
