package held

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"postvagt/milter/verdict"
)

// Rights are what the programs of a user may ask for. To list is free for all who have rights.
type Rights struct{ Decide, Read, Delete bool }

func (r Rights) allow(op string) bool {
	switch op {
	case OpShow:
		return r.Read
	case OpDelete:
		return r.Delete
	case OpReturn, OpRoute, OpRelease:
		return r.Decide
	}
	return op == OpList
}

// Peer is the program that asks.
type Peer struct {
	UID    uint32
	Rights Rights
}

// Desk is where decisions on held mail are made: one at a time.
type Desk struct {
	Queue     Queue
	Verdicts  *Verdicts
	Decisions *Decisions
	Rules     Rules
	Now       func() time.Time // nil means time.Now
	NewID     func() string    // nil means 128 random bits

	deciding sync.Mutex // one decision at a time
	mu       sync.Mutex // of what follows
	routable map[key]bool
	tried    map[key]time.Time // when a return by the helper itself failed
}

// contentMost bounds what show gives, in bytes.
const contentMost = 1 << 20

func (d *Desk) now() time.Time {
	if d.Now != nil {
		return d.Now().UTC()
	}
	return time.Now().UTC()
}

func (d *Desk) newID() string {
	if d.NewID != nil {
		return d.NewID()
	}
	var b [16]byte
	rand.Read(b[:]) // never fails, crypto/rand
	return hex.EncodeToString(b[:])
}

// List gives what is held, the oldest first, without a name; actor, where it is known, learns which mail is their own.
func (d *Desk) List(ctx context.Context, p Peer, actor Actor) ([]Entry, error) {
	list, err := d.Queue.List(ctx)
	if err != nil {
		return nil, err
	}
	verdicts, err := d.Verdicts.Of(ctx, list)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(list))
	for _, m := range list {
		entries = append(entries, d.entry(ctx, p, actor, m, verdicts[m.ID]))
	}
	return entries, nil
}

func (d *Desk) entry(ctx context.Context, p Peer, actor Actor, m Message, v *verdict.Record) Entry {
	e := Entry{ID: m.ID, Own: actor.owns(m.Sender), Arrival: m.Arrival, Size: m.Size, Kinds: []string{}, Rules: []RuleParts{}, Waiting: int64(d.now().Sub(m.Arrival).Seconds()),
		Escalated: d.Decisions.Escalated(m), FourEyes: d.Rules.needsTwo(OpRelease, v)}
	if v != nil {
		e.Judged, e.Verdict, e.Level, e.Kinds, e.Rules, e.Why = true, v.ID, v.Level, orEmpty(v.Kinds), rulesOf(v), v.Why
		e.Department, e.Direction = v.Department, v.Direction
	}
	if returns(m, v) {
		e.ReturnAt = m.Arrival.Add(d.Rules.ReturnAfter)
	}
	if x, ok := d.Decisions.Asked(m); ok {
		e.Asked = &Asked{Op: x.Op, By: x.Actor, Reason: x.Reason, At: x.At}
	}
	e.Actions = []string{}
	for _, op := range []string{OpReturn, OpRoute, OpRelease, OpDelete} {
		switch {
		case !p.Rights.allow(op), e.Own && !d.Rules.maySelf(op, v), op == OpReturn && !canReturn(m, v), op == OpRoute && !d.canRoute(ctx, m):
			continue
		}
		e.Actions = append(e.Actions, op)
	}
	return e
}

// canReturn says whether there is a sender inside to whom a message can go back.
func canReturn(m Message, v *verdict.Record) bool {
	return m.Sender != "" && (v == nil || v.Direction != verdict.Inbound)
}

// canRoute remembers what the queue says, since a queue file does not change. What cannot be asked cannot be routed.
func (d *Desk) canRoute(ctx context.Context, m Message) bool {
	d.mu.Lock()
	ok, known := d.routable[keyOf(m)]
	d.mu.Unlock()
	if known {
		return ok
	}
	ok, err := d.Queue.Routable(ctx, m)
	if err != nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.routable == nil || len(d.routable) > 10_000 {
		d.routable = map[key]bool{}
	}
	d.routable[keyOf(m)] = ok
	return ok
}

// Outcome is what came of a request.
type Outcome struct {
	State    string
	Decision string
	Content  []byte
	Cut      bool
}

// find looks a message up and sees to it that it is the one that was meant.
func (d *Desk) find(ctx context.Context, q *Request) (Message, *verdict.Record, error) {
	if !verdict.IsQueueID(q.ID) {
		return Message{}, nil, refuse(CodeQueueID, "%q: %v", q.ID, ErrQueueID)
	}
	list, err := d.Queue.List(ctx)
	if err != nil {
		return Message{}, nil, err
	}
	i := slices.IndexFunc(list, func(m Message) bool { return m.ID == q.ID })
	switch {
	case i < 0:
		return Message{}, nil, refuse(CodeNotHeld, "%s: %v", q.ID, ErrNotHeld)
	case !list[i].Arrival.Equal(q.Arrival):
		return Message{}, nil, refuse(CodeOther, "%s: %v", q.ID, ErrOther)
	}
	verdicts, err := d.Verdicts.Of(ctx, list)
	if err != nil {
		return Message{}, nil, err
	}
	return list[i], verdicts[q.ID], nil
}

// Decide does what is asked, if it may be done: *Refusal is why not. What is done is recorded before.
func (d *Desk) Decide(ctx context.Context, p Peer, q *Request) (Outcome, error) {
	if !p.Rights.allow(q.Op) {
		return Outcome{}, refuse(CodeNotAllowed, "the user of this program may not %s held mail", q.Op)
	}
	d.deciding.Lock()
	defer d.deciding.Unlock()
	m, v, err := d.find(ctx, q)
	if err != nil {
		return Outcome{}, err
	}
	x := Decision{At: d.now(), Decision: d.newID(), State: StateBegun, Op: q.Op, ID: m.ID, Arrival: m.Arrival, Actor: q.Actor.Name, UID: p.UID, Reason: q.Reason, Note: q.Note}
	if v != nil {
		x.Verdict, x.Department = v.ID, v.Department
	}
	if r := d.judge(ctx, q, m, v, &x); r != nil {
		x.State, x.Code, x.Error, x.Reason, x.Note = StateRefused, r.Code, r.Text, "", ""
		if err := d.Decisions.Write(x); err != nil {
			return Outcome{}, refuse(CodeRecord, "it could not be recorded: %v", err)
		}
		return Outcome{}, r
	}
	if err := d.Decisions.Write(x); err != nil {
		return Outcome{}, refuse(CodeRecord, "it could not be recorded, so it was not done: %v", err)
	}
	if x.State == StateAsked {
		return Outcome{State: StateAsked, Decision: x.Decision}, nil
	}
	return d.act(ctx, q, m, x)
}

// judge applies the rules, and those that look at who asked before.
func (d *Desk) judge(ctx context.Context, q *Request, m Message, v *verdict.Record, x *Decision) *Refusal {
	if r := d.Rules.check(q, m, v); r != nil {
		return r
	}
	switch {
	case q.Op == OpReturn && !canReturn(m, v):
		return refuse(CodeReason, "%s: there is nobody inside to return it to", m.ID)
	case q.Op == OpRoute && !d.canRoute(ctx, m):
		return refuse(CodeNoRoute, "%s: %v", m.ID, ErrNoRoute)
	case !d.Rules.needsTwo(q.Op, v):
		return nil
	}
	first, asked := d.Decisions.Asked(m)
	switch {
	case !asked || first.Op != q.Op:
		x.State = StateAsked
	case first.Actor == q.Actor.Name:
		return refuse(CodeSecond, "%s: %s has asked for this before: it takes a second person", m.ID, first.Actor)
	default:
		x.First = first.Decision
	}
	return nil
}

// act does it, and records what came of it.
func (d *Desk) act(ctx context.Context, q *Request, m Message, x Decision) (Outcome, error) {
	o := Outcome{State: StateDone, Decision: x.Decision}
	var err error
	switch q.Op {
	case OpShow:
		var b bytes.Buffer
		if err = d.Queue.Show(ctx, m, q.Body, &b); err == nil {
			o.Content, o.Cut = b.Bytes()[:min(b.Len(), contentMost)], b.Len() > contentMost
		}
	case OpReturn:
		err = d.Queue.Return(ctx, m)
	case OpRoute:
		err = d.Queue.Route(ctx, m)
	case OpRelease:
		err = d.Queue.Release(ctx, m)
	case OpDelete:
		err = d.Queue.Delete(ctx, m)
	}
	x.At, x.State = d.now(), StateDone
	if err != nil {
		x.State, x.Code, x.Error = StateFailed, CodeMTA, err.Error()
	}
	return o, errors.Join(err, d.Decisions.Write(x))
}
