// Command postvagt-milter judges mail for Postfix, Sendmail and rspamd.
package main

import (
	"os"

	"postvagt/milter"
)

func main() { os.Exit(milter.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
