package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"postvagt/milter"
	"postvagt/milter/program"
	"postvagt/rules"
	"postvagt/rules/detect"
)

type rulesCmd struct {
	List    rulesListCmd    `cmd:"" help:"List the rules in force, shipped and your own."`
	Test    rulesTestCmd    `cmd:"" help:"Run every rule's own examples and counterexamples. Exit 1 if one fails."`
	Explain rulesExplainCmd `cmd:"" help:"Say what was found in a message, where, by which rule, and what the policy makes of it."`
}

type rulesListCmd struct {
	configFlag
	JSON bool `help:"One JSON object for each rule."`
}

func (c *rulesListCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	engine, err := milter.CompileRules(rules.Files, cfg.Milter.RulesDir)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(t.Out)
		for _, r := range engine.Rules() {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(t.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tKIND\tLEVEL\tTITLE")
	for _, r := range engine.Rules() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, r.Kind, r.Level, r.Title)
	}
	return w.Flush()
}

type rulesTestCmd struct {
	Dir string `arg:"" optional:"" help:"Folder of your own rules; without it the shipped ones alone."`
}

func (c *rulesTestCmd) Run(t *program.Terminal) error {
	if c.Dir != "" {
		if _, err := os.Stat(c.Dir); err != nil {
			return err
		}
	}
	engine, err := milter.CompileRules(rules.Files, c.Dir)
	if err != nil {
		return err
	}
	failures := engine.Prove()
	for _, f := range failures {
		fmt.Fprintln(t.Out, f.Error())
	}
	fmt.Fprintf(t.Out, "%d rules, %d proofs failed\n", len(engine.Rules()), len(failures))
	if len(failures) > 0 {
		return program.ErrNo
	}
	return nil
}

type rulesExplainCmd struct {
	configFlag
	File string `arg:"" help:"A message, or - for standard input."`
}

func (c *rulesExplainCmd) Run(t *program.Terminal) error {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return err
	}
	f, err := milter.NewFilter(cfg, parts(cfg))
	if err != nil {
		return err
	}
	return explain(f, c.File, t)
}

func explain(f *milter.Filter, path string, t *program.Terminal) error {
	data, err := readMessage(path, t.In)
	if err != nil {
		return err
	}
	j := f.Explain(data)
	fmt.Fprintf(t.Out, "level %s, %d persons, language %s, action %s by policy line %q (mode %s)\n", j.Level, j.Persons, orDash(j.Lang), j.Action, j.Why, f.Mode())
	p := j.Protection
	fmt.Fprintf(t.Out, "protection %s %s strong=%v signed=%v channel=%s\n", p.Content, p.Algorithm, p.Strong, p.Signed, orDash(p.Channel))
	for _, r := range j.Recipients {
		fmt.Fprintf(t.Out, "recipient %s: %s, transport %s, wanted %s\n", r.To, r.Class, r.Transport, r.Wanted)
	}
	for _, u := range j.Unopened {
		fmt.Fprintf(t.Out, "could not be opened: part %s: %s\n", u.Part, u.Reason)
	}
	for _, x := range j.Reasons {
		explainOne(t.Out, &x)
	}
	return nil
}

// explainOne prints one finding, or what was considered and dropped. Shapes stand for text.
func explainOne(w io.Writer, x *detect.Explanation) {
	word := "found"
	if !x.Found {
		word = "not counted"
	}
	fmt.Fprintf(w, "\n%s: %s (%s, %s) tier %d, part %s, character %d: %s\n", word, x.Rule, x.Kind, x.Level, x.Tier, x.Part, x.Offset, strings.Join(x.Shapes, " "))
	for _, s := range x.Raised {
		fmt.Fprintf(w, "  + %s\n", s)
	}
	for _, s := range x.Lowered {
		fmt.Fprintf(w, "  - %s\n", s)
	}
}

func readMessage(path string, in io.Reader) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(in)
	}
	return os.ReadFile(path)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
