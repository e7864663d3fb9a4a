package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"postvagt/milter"
	"postvagt/milter/held"
	"postvagt/milter/program"
	"postvagt/milter/verdict"
)

type heldCmd struct {
	List    heldListCmd    `cmd:"" help:"List held messages, with what was found in them."`
	Show    heldShowCmd    `cmd:"" help:"Show the header of a held message, or all of it. What you see is confidential."`
	Release heldReleaseCmd `cmd:"" help:"Let held messages go on their way, in the open. No milter is asked again."`
	Delete  heldDeleteCmd  `cmd:"" help:"Destroy held messages."`
	Return  heldReturnCmd  `cmd:"" help:"Return held messages to their senders, undelivered."`
}

func openHeld(c configFlag) (*milter.Config, *held.Postfix, error) {
	cfg, err := milter.LoadConfig(c.Config)
	if err != nil {
		return nil, nil, err
	}
	return cfg, &held.Postfix{ConfigDir: cfg.Postfix.ConfigDir, CommandDir: cfg.Postfix.CommandDir}, nil
}

// heldRow is what held list --json prints of a message.
type heldRow struct {
	QueueID    string    `json:"queue_id"`
	Arrival    time.Time `json:"arrival"`
	Size       int64     `json:"size"`
	Sender     string    `json:"sender"` // masked as in verdict lines
	Recipients []string  `json:"recipients"`
	Judged     bool      `json:"judged"`
	Level      string    `json:"level"`
	Kinds      []string  `json:"kinds"`
	Why        string    `json:"why"`
}

type heldListCmd struct {
	configFlag
	JSON bool `help:"One JSON object for each message."`
}

func (c *heldListCmd) Run(t *program.Terminal) error {
	cfg, queue, err := openHeld(c.configFlag)
	if err != nil {
		return err
	}
	list, err := queue.List(context.Background())
	if err != nil {
		return err
	}
	rows, err := joinVerdicts(list, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(t.Out)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(t.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "QUEUE ID\tARRIVED\tBYTES\tTO\tLEVEL\tKINDS\tBECAUSE OF\tFROM")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", r.QueueID, r.Arrival.Local().Format("2006-01-02 15:04:05"), r.Size,
			len(r.Recipients), r.Level, strings.Join(r.Kinds, ","), r.Why, r.Sender)
	}
	return w.Flush()
}

// joinVerdicts finds the verdict of each held message. One that has none was not judged, or held by others.
func joinVerdicts(list []held.Message, cfg *milter.Config) ([]heldRow, error) {
	rows := make([]heldRow, len(list))
	byID := map[string]*heldRow{}
	mask, err := cfg.Masker()
	if err != nil {
		return nil, err
	}
	for i, m := range list {
		rows[i] = heldRow{QueueID: m.ID, Arrival: m.Arrival, Size: m.Size, Sender: mask.Address(m.Sender), Level: "not judged", Kinds: []string{}}
		for _, r := range m.Recipients {
			rows[i].Recipients = append(rows[i].Recipients, mask.Address(r))
		}
		byID[m.ID] = &rows[i]
	}
	for _, path := range []string{cfg.Milter.VerdictLog + ".1", cfg.Milter.VerdictLog} {
		f, err := os.Open(path)
		if err != nil {
			if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
				continue
			}
			return nil, err
		}
		s := bufio.NewScanner(f)
		for s.Scan() {
			fill(byID, s.Text())
		}
		f.Close()
		if err := s.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return rows, nil
}

// fill adds a verdict line to its message: the same queue id, and not older than the message.
func fill(byID map[string]*heldRow, line string) {
	stamp, rest, _ := strings.Cut(line, " ")
	_, text, ok := strings.Cut(rest, "]: ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if !ok || err != nil {
		return
	}
	qid, _, _ := strings.Cut(text, ":")
	r := byID[qid]
	if r == nil || at.Before(r.Arrival.Add(-time.Second)) {
		return
	}
	if l, err := verdict.Parse(text); err == nil && l.Message != nil {
		r.Judged, r.Level, r.Kinds, r.Why = true, l.Message.Level, l.Message.Kinds, l.Message.Why
	}
}

type heldShowCmd struct {
	configFlag
	Body bool   `help:"Also show what comes after the header."`
	ID   string `arg:"" name:"queue-id" help:"Queue id as held list prints it."`
}

func (c *heldShowCmd) Run(t *program.Terminal) error {
	_, queue, err := openHeld(c.configFlag)
	if err != nil {
		return err
	}
	m, err := queue.Get(context.Background(), c.ID)
	if err != nil {
		return err
	}
	return queue.Show(context.Background(), m, c.Body, t.Out)
}

type heldIDs struct {
	configFlag
	IDs []string `arg:"" name:"queue-id" help:"Queue ids as held list prints them."`
}

// each does one thing to each message, goes on past those that fail, and says what it did.
func (c *heldIDs) each(t *program.Terminal, done string, do func(*held.Postfix, context.Context, held.Message) error) error {
	_, queue, err := openHeld(c.configFlag)
	if err != nil {
		return err
	}
	ctx := context.Background()
	var errs []error
	for _, id := range c.IDs {
		m, err := queue.Get(ctx, id)
		if err == nil {
			err = do(queue, ctx, m)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(t.Out, "%s: %s\n", id, done)
	}
	return errors.Join(errs...)
}

type heldReleaseCmd struct{ heldIDs }

func (c *heldReleaseCmd) Run(t *program.Terminal) error {
	return c.each(t, "released", (*held.Postfix).Release)
}

type heldDeleteCmd struct{ heldIDs }

func (c *heldDeleteCmd) Run(t *program.Terminal) error {
	return c.each(t, "deleted", (*held.Postfix).Delete)
}

type heldReturnCmd struct{ heldIDs }

func (c *heldReturnCmd) Run(t *program.Terminal) error {
	return c.each(t, "returned to its sender", (*held.Postfix).Return)
}
