// Command hpcloud reads a file with github.com/hpcloud/tail to its end, for comparison. It is a module of its own, so that the
// project does not depend on what it is measured against.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/hpcloud/tail"
)

func main() {
	t, err := tail.TailFile(os.Args[1], tail.Config{Logger: tail.DiscardingLogger, Location: &tail.SeekInfo{Whence: io.SeekStart}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := 0
	for range t.Lines {
		lines++
	}
	fmt.Println(lines, "lines")
}
