// Command licences says what of others is in our programs, and under which licence.
//
//	licences table                     packaging/DEPENDENCIES.md: every module linked in, with version and SPDX id
//	licences copyright PACKAGE BASE    the copyright file of a Debian package: BASE, then a paragraph for each part
//
// What is linked in is asked of the Go command, for amd64 and arm64; licences are recognised in the texts that lie in the
// modules. A part without a text that is known is an error: somebody must look.
package main

import (
	"fmt"
	"os"
	"strings"
)

// programs are the shipped ones, as packages of ours.
var programs = []string{"./milter/cmd/postvagt-milter", "./agent/cmd/postvagt-agent"}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "table":
		parts, err := partsOf(programs...)
		if err != nil {
			return err
		}
		_, err = os.Stdout.WriteString(table(parts))
		return err
	case len(args) == 3 && args[0] == "copyright":
		base, err := os.ReadFile(args[2])
		if err != nil {
			return err
		}
		parts, err := partsOf(args[1])
		if err != nil {
			return err
		}
		_, err = os.Stdout.WriteString(copyright(string(base), parts))
		return err
	}
	return fmt.Errorf("usage: licences table | copyright PACKAGE BASE")
}

// table is DEPENDENCIES.md.
func table(parts []part) string {
	var b strings.Builder
	b.WriteString("# What of others is in the programs\n\nWritten by `go run ./packaging/licences table`; a test fails when it differs. Tools and what only tests use are not\nin the programs and not listed. The texts of the licences are in each package's `copyright`, its SBOM beside it.\n\n")
	b.WriteString("| part | version | licence (SPDX) | in |\n|---|---|---|---|\n")
	for _, p := range parts {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.Name, p.Version, p.ID, strings.Join(p.In, ", "))
	}
	return b.String()
}

// copyright is a file in Debian's form (copyright-format 1.0).
func copyright(base string, parts []part) string {
	var b strings.Builder
	b.WriteString(strings.TrimRight(base, "\n") + "\n")
	for _, p := range parts {
		fmt.Fprintf(&b, "\nFiles: %s\nCopyright: %s\n", p.Files, strings.Join(p.holders(), "\n "))
		fmt.Fprintf(&b, "License: %s\n%s", strings.ReplaceAll(p.ID, " AND ", " and "), indented(p.licence()))
		if p.Notice != "" {
			b.WriteString("Comment:\n" + indented(p.Notice))
		}
	}
	return b.String()
}

// indented makes a text the continuation of a field: a space before each line, a dot on empty ones.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.Trim(text, "\n")) {
		if line = strings.TrimRight(strings.ReplaceAll(line, "\f", ""), " \t\r\n"); strings.TrimSpace(line) == "" {
			line = "."
		}
		b.WriteString(" " + line + "\n")
	}
	return b.String()
}
