// Command postvagt-milter judges mail for Postfix, Sendmail and rspamd.
package main

import (
	"os"

	"postvagt/milter/program"
)

// A message leaves some 200 KB behind, and the rules live for good: collecting only when four times as much lies there takes a
// fifth off the time of a message.
const (
	heapPercent = 300
	heapLimit   = 160 << 20
)

func main() {
	program.Collect(heapPercent, heapLimit)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
