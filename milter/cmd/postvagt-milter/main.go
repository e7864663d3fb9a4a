// Command postvagt-milter judges mail for Postfix, Sendmail and rspamd.
package main

import (
	"os"

	"postvagt/milter/program"
)

// The rules live for good, and a message leaves little behind: collecting only when four times as much lies there costs next to
// nothing, and more room would only be more of the cache.
const (
	heapPercent = 300
	heapLimit   = 160 << 20
)

func main() {
	program.Collect(heapPercent, heapLimit)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
