package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"postvagt/agent"
	"postvagt/agent/cases"
	"postvagt/agent/register"
	"postvagt/milter/program"
)

type casesCmd struct {
	List   casesListCmd   `cmd:"" help:"List the cases of the register of breaches, with their clocks."`
	Show   casesShowCmd   `cmd:"" help:"Show one case, what it still lacks, or a draft to copy from."`
	Export casesExportCmd `cmd:"" help:"Write the register, or some of its cases, as it is handed to the authority."`
	Verify casesVerifyCmd `cmd:"" help:"Check that nothing in the register was changed afterwards. Exit 1 if something was."`
}

// withRegister opens the register for a command.
func (f configFlag) withRegister(do func(*register.Register, *agent.Config) error) (err error) {
	cfg, err := f.load()
	if err != nil {
		return err
	}
	zone, err := cfg.TimeZone()
	if err != nil {
		return err
	}
	r, err := register.Read(context.Background(), cfg.Store.Path, cfg.Organisation.Name, zone)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return do(r, cfg)
}

type casesListCmd struct{ configFlag }

func (c *casesListCmd) Run(t *program.Terminal) error {
	return c.withRegister(func(r *register.Register, _ *agent.Config) error {
		all, err := r.Cases(context.Background())
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "CASE\tOPENED\tRISK\tCLOCK\tTITLE")
		for _, l := range all {
			if l.Case == nil {
				fmt.Fprintf(w, "%s\t\t\terased %s\t\n", l.ID, l.Erased.In(r.Zone).Format(time.DateOnly))
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.ID, l.Case.Opened.In(r.Zone).Format(time.DateOnly), l.Case.Risk(), clock(l.Case, r), l.Case.Title)
		}
		return w.Flush()
	})
}

// clock says how a case stands in few words.
func clock(c *cases.Case, r *register.Register) string {
	if !c.Closed.IsZero() {
		return "closed"
	}
	k := c.Clock(r.Now())
	switch k.State {
	case cases.Running:
		return fmt.Sprintf("%s left", k.Left.Truncate(time.Minute))
	case cases.Overdue:
		return fmt.Sprintf("overdue by %s", (-k.Left).Truncate(time.Minute))
	}
	return string(k.State)
}

type casesShowCmd struct {
	configFlag
	ID    string `arg:"" name:"case" help:"Number of a case, such as 2026-0001."`
	Draft string `enum:",notification,notice,controller" default:"" help:"notification (to the authority), notice (to the persons) or controller (from its processor)."`
	Lang  string `enum:"da,nb,sv,en" default:"da" help:"Language of the draft: da, nb, sv or en."`
}

func (c *casesShowCmd) Run(t *program.Terminal) error {
	return c.withRegister(func(r *register.Register, cfg *agent.Config) error {
		if c.Draft != "" {
			found, _, err := r.Case(context.Background(), c.ID)
			if err != nil {
				return err
			}
			return writeDraft(t.Out, c.draft(found, cases.House{Name: cfg.Organisation.Name, Zone: r.Zone, Now: r.Now()}))
		}
		x, err := r.Export(context.Background(), c.ID)
		if err != nil {
			return err
		}
		if err := x.WriteJSON(t.Out); err != nil {
			return err
		}
		return c.lacks(t.Err, r)
	})
}

func (c *casesShowCmd) draft(found *cases.Case, h cases.House) cases.Draft {
	switch c.Draft {
	case "notice":
		return cases.PersonNotice(found, h, c.Lang)
	case "controller":
		return cases.ControllerNotice(found, h, c.Lang)
	}
	return cases.Notification(found, h, c.Lang)
}

func writeDraft(w io.Writer, d cases.Draft) error {
	fmt.Fprintf(w, "%s\n%s\n", d.Title, d.Mark)
	for _, f := range d.Fields {
		if f.Label != "" {
			fmt.Fprintf(w, "\n%s\n", f.Label)
		}
		if _, err := fmt.Fprintf(w, "  %s\n", f.Text); err != nil {
			return err
		}
	}
	return nil
}

// lacks says on the side what stands between the case and its end.
func (c *casesShowCmd) lacks(w io.Writer, r *register.Register) error {
	found, _, err := r.Case(context.Background(), c.ID)
	if errors.Is(err, cases.ErrErased) {
		return nil
	}
	if err != nil || !found.Closed.IsZero() {
		return err
	}
	for _, l := range found.Lacks() {
		fmt.Fprintln(w, "missing:", l.Text("en"))
	}
	return nil
}

type casesExportCmd struct {
	configFlag
	IDs []string `arg:"" optional:"" name:"case" help:"Numbers of cases (default: all)."`
}

func (c *casesExportCmd) Run(t *program.Terminal) error {
	return c.withRegister(func(r *register.Register, cfg *agent.Config) error {
		x, err := r.Export(context.Background(), c.IDs...)
		if err != nil {
			return err
		}
		return x.WriteJSON(t.Out)
	})
}

type casesVerifyCmd struct{ configFlag }

func (c *casesVerifyCmd) Run(t *program.Terminal) error {
	return c.withRegister(func(r *register.Register, _ *agent.Config) error {
		last, err := r.Verify(context.Background())
		var fault *cases.Fault
		if errors.As(err, &fault) {
			fmt.Fprintf(t.Out, "the register was changed: %v\n", fault)
			return program.ErrNo
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.Out, "%d records, none changed; newest: %s\n", last.N, register.Anchor(last))
		return err
	})
}
