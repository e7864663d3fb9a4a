// Command postvagt-agent follows the mail log and shows what became of every mail.
package main

import (
	"os"
	"runtime/debug"
)

// An import makes much that lives for one transaction, so the heap may become four times what lives before it is collected;
// a third of the time of reading goes into collecting otherwise. Near the limit it is collected as often as ever, which
// keeps the agent below 200 MB with what SQLite takes. GOGC and GOMEMLIMIT override both.
const (
	heapPercent = 300
	heapLimit   = 112 << 20
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapLimit)
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
