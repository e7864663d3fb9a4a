package program

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Man is the command that writes the manual pages (man(7)) of a program into a folder: NAME.8 for the program, a page for
// each of its commands, and NAME.toml.5 for its configuration. The texts are those of --help and of config default.
type Man struct {
	Dir string `arg:"" help:"Folder of the pages."`
}

// Run writes the pages.
func (m *Man) Run(k *kong.Context, c *Command) error {
	if err := os.MkdirAll(m.Dir, 0o755); err != nil {
		return err
	}
	app := k.Model.Node
	pages := map[string][]byte{c.Name + ".8": c.programPage(app)}
	for _, n := range visible(app) {
		name := c.Name + "-" + n.Name
		pages[name+"."+c.section(n)] = c.commandPage(name, n)
	}
	config, err := c.configPage()
	if err != nil {
		return err
	}
	pages[c.Name+".toml.5"] = config
	var errs []error
	for name, page := range pages {
		errs = append(errs, os.WriteFile(filepath.Join(m.Dir, name), page, 0o644))
	}
	return errors.Join(errs...)
}

func visible(n *kong.Node) (all []*kong.Node) {
	for _, child := range n.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			all = append(all, child)
		}
	}
	return all
}

// section is 1 for what anybody may run, 8 for what an admin does.
func (c *Command) section(n *kong.Node) string {
	if slices.Contains(c.Everyday, n.Name) {
		return "1"
	}
	return "8"
}

// roff is a page being written.
type roff struct{ bytes.Buffer }

func newPage(name, section, what string) *roff {
	r := &roff{}
	fmt.Fprintf(r, ".TH %s %s \"\" Postvagt \"Postvagt\"\n", strings.ToUpper(name), section)
	first, _, _ := strings.Cut(what, ". ")
	r.part("NAME")
	r.text(name + " - " + strings.ToLower(first[:1]) + strings.TrimSuffix(first[1:], "."))
	return r
}

func (r *roff) part(title string) { fmt.Fprintf(r, ".SH %s\n", title) }

// text writes words as they are.
func (r *roff) text(s string) { fmt.Fprintln(r, escapeRoff(s)) }

func (r *roff) item(head, text string) {
	fmt.Fprintf(r, ".TP\n\\fB%s\\fR\n%s\n", escapeRoff(head), escapeRoff(text))
}

func escapeRoff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	var b strings.Builder
	for line := range strings.Lines(s) {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			b.WriteString(`\&`)
		}
		b.WriteString(line)
	}
	return b.String()
}

func (c *Command) programPage(app *kong.Node) []byte {
	r := newPage(c.Name, "8", c.Description)
	r.part("SYNOPSIS")
	r.text(c.Name + " COMMAND [OPTION]...")
	r.part("DESCRIPTION")
	r.text(c.Description)
	r.part("COMMANDS")
	for _, n := range visible(app) {
		r.item(c.Name+" "+n.Name, n.Help+" See "+c.Name+"-"+n.Name+"("+c.section(n)+").")
	}
	r.part("OPTIONS")
	for _, f := range app.Flags {
		if !f.Hidden {
			r.item(flagHead(f), f.Help)
		}
	}
	r.part("EXIT STATUS")
	r.item("0", "Done; the answer is yes.")
	r.item("1", "The answer is no: a message would be stopped, or something is missing.")
	r.item("2", "The command could not run. The reason is on standard error.")
	r.item("78", "The daemon does not start with this configuration.")
	r.part("FILES")
	r.item(c.ConfigFile, "Configuration, see "+c.Name+".toml(5).")
	c.seeAlso(r, c.Name+".toml(5)")
	return r.Bytes()
}

func (c *Command) seeAlso(r *roff, more ...string) {
	r.part("SEE ALSO")
	r.text(strings.Join(more, ", ") + ", /usr/share/doc/" + c.Name + "/")
}

func (c *Command) commandPage(name string, n *kong.Node) []byte {
	r := newPage(name, c.section(n), n.Help)
	r.part("SYNOPSIS")
	for _, leaf := range leaves(n) {
		fmt.Fprintf(r, "%s\n.br\n", escapeRoff(c.Name+" "+strings.TrimSpace(strings.TrimPrefix(leaf.Summary(), c.Name))))
	}
	r.part("DESCRIPTION")
	r.text(n.Help)
	for _, leaf := range leaves(n) {
		if leaf != n {
			fmt.Fprintf(r, ".SS %s\n", escapeRoff(leaf.Name))
			r.text(leaf.Help)
		}
		for _, p := range leaf.Positional {
			r.item(p.Summary(), p.Help)
		}
		for _, f := range leaf.Flags {
			if !f.Hidden {
				r.item(flagHead(f), f.Help)
			}
		}
	}
	c.seeAlso(r, c.Name+"(8)", c.Name+".toml(5)")
	return r.Bytes()
}

func flagHead(f *kong.Flag) string {
	head := "--" + f.Name
	if !f.IsBool() {
		head += "=" + strings.Trim(f.FormatPlaceHolder(), `"`)
	}
	if f.Short != 0 {
		head = fmt.Sprintf("-%c, %s", f.Short, head)
	}
	return head
}

// leaves are the commands at the ends of n, or n itself.
func leaves(n *kong.Node) (all []*kong.Node) {
	for _, child := range visible(n) {
		all = append(all, leaves(child)...)
	}
	if all == nil {
		all = []*kong.Node{n}
	}
	return all
}

// configPage is what config default prints, as a page: a part for each table.
func (c *Command) configPage() ([]byte, error) {
	var text bytes.Buffer
	if err := c.Defaults(&text); err != nil {
		return nil, err
	}
	r := newPage(c.Name+".toml", "5", "Configuration of "+c.Name)
	r.part("DESCRIPTION")
	r.text(c.ConfigFile + " is in TOML. This is the whole of it with every default; what stands behind a # alone is a default, and what " +
		"has a space after the # is said about the key below. An unknown key is an error. One file may serve both programs of Postvagt. Check it with " + c.Name + " config check; a running daemon reads it again on SIGHUP.")
	r.part("SETTINGS")
	fmt.Fprintln(r, ".nf")
	r.text(text.String())
	fmt.Fprintln(r, ".fi")
	c.seeAlso(r, c.Name+"(8)")
	return r.Bytes(), nil
}
