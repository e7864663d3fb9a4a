package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// reportSays is what the check reads of the report's JSON.
type reportSays struct {
	Figures []struct {
		ID, Title, Split string
		Rows             []struct {
			Key   string
			Count int
			Of    *int
		}
	}
	Outcomes struct {
		Incidents struct{ Open, Waiting int }
	}
	Hash string `json:"sha256"`
}

// checkReport holds the Ombudsman's report against the samples: as the page gives it, as the command does, and its PDF, read back.
func (s *stage) checkReport(ctx context.Context, t *tally) error {
	officer, err := s.logIn(ctx, "officer")
	if err != nil {
		return err
	}
	today := time.Now().Format(time.DateOnly)
	period := "?lang=en&from=" + today + "&to=" + today
	byPage, err := get(ctx, officer, s.dashboard+"report/json"+period)
	if err != nil {
		return err
	}
	byCommand, err := exec.CommandContext(ctx, s.bin("postvagt-agent"), "report", "--config", s.path("etc", "agent.toml"), "--from", today, "--to", today, "--lang", "en", "--format", "json").Output()
	if err != nil {
		return fmt.Errorf("postvagt-agent report: %w", err)
	}
	var page, command reportSays
	if err := json.Unmarshal(byPage, &page); err != nil {
		return err
	}
	if err := json.Unmarshal(byCommand, &command); err != nil {
		return err
	}
	t.same("report", "hash by the command", command.Hash, page.Hash)
	page.compare(t, s.manifest)
	pdf, err := get(ctx, officer, s.dashboard+"report/pdf"+period)
	if err != nil {
		return err
	}
	return page.comparePDF(ctx, t, s.path("report.pdf"), pdf)
}

// compare holds figures against what was counted of the samples, and incidents against those that left in the open.
func (r *reportSays) compare(t *tally, m *manifest) {
	want, open, compared := m.recount(), 0, 0
	for id, figure := range m.Figures {
		want[id] = figure
	}
	for _, f := range r.Figures {
		for _, row := range f.Rows {
			id := strings.TrimSpace(f.ID + " " + row.Key)
			if known, ok := want[id]; ok && f.Split != "time" {
				compared++
				t.same("report", id, said(row.Count, row.Of), known)
			}
		}
	}
	t.same("report", "at least 20 figures compared", strconv.FormatBool(compared >= 20), "true")
	for _, one := range m.Mail {
		if one.recognised() && one.rowOutcome() == "delivered" && one.Protected != "yes" {
			open += one.outside()
		}
	}
	t.same("report", "incidents", strconv.Itoa(r.Outcomes.Incidents.Open), strconv.Itoa(open))
	t.same("report", "incidents not assessed yet", strconv.Itoa(r.Outcomes.Incidents.Waiting), strconv.Itoa(open))
}

func said(count int, of *int) string {
	if of == nil {
		return strconv.Itoa(count)
	}
	return fmt.Sprintf("%d of %d", count, *of)
}

// comparePDF reads the PDF back: each single figure stands in it by its title.
func (r *reportSays) comparePDF(ctx context.Context, t *tally, file string, pdf []byte) error {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		fmt.Fprintln(t.out, "pdftotext (poppler-utils) is not installed: the PDF is not read back")
		return nil
	}
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "pdftotext", "-layout", file, "-").Output()
	if err != nil {
		return fmt.Errorf("pdftotext: %w", err)
	}
	text := strings.Join(strings.Fields(string(bytes.ReplaceAll(out, []byte("\u00a0"), []byte(" ")))), " ")
	for _, f := range r.Figures {
		if f.Split != "" || len(f.Rows) != 1 || f.Rows[0].Of != nil && *f.Rows[0].Of == 0 {
			continue
		}
		line := regexp.MustCompile(regexp.QuoteMeta(f.Title) + ` ` + said(f.Rows[0].Count, f.Rows[0].Of) + `\b`)
		t.same("report as PDF", f.Title, strconv.FormatBool(line.MatchString(text)), "true")
	}
	return nil
}
