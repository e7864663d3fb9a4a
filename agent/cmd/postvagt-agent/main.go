// Command postvagt-agent follows the mail log and shows what became of every mail.
package main

import (
	"os"

	"postvagt/milter/program"
)

// An import makes much that lives for one transaction: a third of the time of reading goes into collecting otherwise. With the
// limit the agent stays below 200 MB with what SQLite takes.
const (
	heapPercent = 300
	heapLimit   = 96 << 20
)

func main() {
	program.Collect(heapPercent, heapLimit)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
