// Command bench measures, on this machine and in one run:
//
//	scan      MB/s of finding what is sensitive, and of opening mail (the benchmarks of the rooms)
//	postfix   messages/s through a private Postfix, with and without the milter, in turns
//	compare   four ways through one Postfix in turns: no milter, one that only reads, ours, and rspamd with 30 regular
//	          expressions; and milter/scan against rspamd's /checkv2. It says which ratios are reached that are asked for
//	agent     lines/s of reading, tracing and importing a mail log, beside others that read it; how the cost grows
//	pages     how long the pages take over five million mails, with 20 readers at once
//	elastic   documents/s shipped to a real Elasticsearch beside a bare BulkIndexer; the agent's memory while rows wait
//
// Without arguments it does all. Other work on the machine disturbs every figure; the ratios of one
// run disturb each other least, so they are what to compare.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"postvagt/packaging/e2e/kit"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == readerRole {
		if err := serveReader(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	messages := flag.Int("messages", 2000, "messages of each round through Postfix")
	rounds := flag.Int("rounds", 4, "rounds of each kind")
	lines := flag.Int("lines", 2_000_000, "lines of mail log")
	readings := flag.Int("readings", 2, "rounds of reading the log")
	longest := flag.Int("longest", 0, "lines of one more log, such as 20000000, to see how the cost grows")
	mails := flag.Int("mails", 5_000_000, "mails behind the pages")
	documents := flag.Int("documents", 20_000, "documents of each round to Elasticsearch, 0 for none")
	waiting := flag.String("waiting", "100000,1000000", "rows that wait for Elasticsearch, about, of each round")
	flag.Parse()
	parts := []struct {
		name string
		do   func(context.Context, string) error
	}{
		{"scan", benchScan},
		{"postfix", func(ctx context.Context, dir string) error { return benchPostfix(ctx, dir, *messages, *rounds) }},
		{"compare", func(ctx context.Context, dir string) error { return benchCompare(ctx, dir, *rounds) }},
		{"agent", func(ctx context.Context, dir string) error { return benchAgent(ctx, dir, *lines, *readings, *longest) }},
		{"pages", func(ctx context.Context, dir string) error { return benchPages(ctx, dir, *mails) }},
		{"elastic", func(ctx context.Context, dir string) error { return benchElastic(ctx, dir, *documents, *waiting) }},
	}
	failed := false
	for _, p := range parts {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), p.name) {
			continue
		}
		fmt.Printf("== %s\n", p.name)
		if err := inFolder(ctx, p.do); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", p.name, err)
			failed = true
		}
	}
	if failed { // after all parts: one that is slow hides no other
		os.Exit(1)
	}
}

// inFolder gives a part a folder with the programs in it, and removes it afterwards.
func inFolder(ctx context.Context, do func(context.Context, string) error) error {
	dir, err := kit.TempDir()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := kit.Build(ctx, dir); err != nil {
		return err
	}
	return do(ctx, dir)
}

// benchScan runs the benchmarks of the rooms that read and judge mail.
func benchScan(ctx context.Context, _ string) error {
	root, err := kit.Root()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-pgo", filepath.Join(root, "milter/cmd/postvagt-milter/default.pgo"), "-run", "^$", "-bench", ".", "-skip", "Linear", "-benchtime", "1s", "./rules/detect", "./milter/message", "./milter")
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, os.Stdout, os.Stderr
	return cmd.Run()
}
