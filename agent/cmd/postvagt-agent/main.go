// Command postvagt-agent follows the mail log and shows what became of every mail.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
