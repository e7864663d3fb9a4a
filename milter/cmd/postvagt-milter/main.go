// Command postvagt-milter judges mail for Postfix, Sendmail and rspamd.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
