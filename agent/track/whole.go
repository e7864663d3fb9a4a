package track

import (
	"postvagt/agent/event"
	"postvagt/agent/maillog"
)

// whole computes what is said of a message on all its rows.
func whole(rows []event.Document, m *message) {
	if len(rows) == 0 {
		return
	}
	var w event.Document
	w.MessageDirection = messageDirection(rows)
	w.MessageLeft, w.MessageProtected = leftAndProtected(rows)
	w.MessageOutcome = messageOutcome(rows)
	w.DoneRight = doneRight(rows, &w)
	for i := range rows {
		d := &rows[i]
		d.First = i == 0
		d.Recipients = len(rows)
		d.MessageDirection, d.MessageLeft, d.MessageProtected = w.MessageDirection, w.MessageLeft, w.MessageProtected
		d.MessageOutcome, d.DoneRight = w.MessageOutcome, w.DoneRight
	}
}

// messageDirection is outbound if any recipient's is, else inbound if any is.
func messageDirection(rows []event.Document) string {
	direction := unknown
	for i := range rows {
		switch d := rows[i].Direction; {
		case d == maillog.Outbound:
			return d
		case d == maillog.Inbound || direction == unknown:
			direction = d
		}
	}
	return direction
}

// leftAndProtected: the worst of the copies that left, no before unknown before first-hop before yes.
func leftAndProtected(rows []event.Document) (left bool, protected string) {
	order := func(p string) int {
		for i, v := range []string{no, unknown, firstHop, yes} {
			if v == p {
				return i
			}
		}
		return 4
	}
	for i := range rows {
		if !rows[i].Left {
			continue
		}
		if !left || order(rows[i].Protected) < order(protected) {
			protected = rows[i].Protected
		}
		left = true
	}
	return left, protected
}

// messageOutcome is that of the worst recipient; a delivery after a release is told apart.
func messageOutcome(rows []event.Document) string {
	worst, rank := "", 0
	for i := range rows {
		outcome := rows[i].Outcome
		switch {
		case outcome == released:
			outcome = queued
		case outcome == delivered && rows[i].Released:
			outcome = released
		}
		if r := outcomeRank(outcome); worst == "" || r < rank {
			worst, rank = outcome, r
		}
	}
	return worst
}

// doneRight says whether staff sent a recognised outbound message as it must be, without our intervention.
func doneRight(rows []event.Document, w *event.Document) string {
	level := rows[0].Level
	if w.MessageDirection != maillog.Outbound || level != maillog.LevelConfidential && level != maillog.LevelSensitive {
		return ""
	}
	final := true
	for i := range rows {
		d := &rows[i]
		if intervened(d.Wanted) || intervened(d.Action) || d.Held || d.Outcome == rejected {
			return no
		}
		final = final && d.Final
	}
	switch {
	case !final:
		return unknown
	case w.MessageProtected == yes:
		return yes
	}
	return no
}

func intervened(action string) bool {
	return action == maillog.HoldIt || action == maillog.Refuse || action == maillog.Route
}
