package held

import (
	"context"
	"errors"
	"time"

	"postvagt/milter/verdict"
)

// helperName is who decided where the helper did so itself.
const helperName = "postvagt"

// retryReturn is how long the helper waits after a return that failed.
const retryReturn = time.Hour

// Due escalates what nobody has decided on in time, and returns what has waited for too long to its sender. It deletes and
// releases nothing, and leaves alone what others hold in the queue. It says how many it escalated and returned.
func (d *Desk) Due(ctx context.Context) (escalated, returned int, err error) {
	list, err := d.Queue.List(ctx)
	if err != nil {
		return 0, 0, err
	}
	verdicts, err := d.Verdicts.Of(ctx, list)
	if err != nil {
		return 0, 0, err
	}
	var errs []error
	for _, m := range list {
		v, waited := verdicts[m.ID], d.now().Sub(m.Arrival)
		if waited >= d.Rules.EscalateAfter && !d.Decisions.Escalated(m) {
			if err := d.Decisions.Write(d.own(opEscalate, StateDue, m, v)); err != nil {
				return escalated, returned, errors.Join(append(errs, err)...)
			}
			escalated++
		}
		if waited < d.Rules.ReturnAfter || !returns(m, v) || d.now().Sub(d.triedAt(m)) < retryReturn {
			continue
		}
		if err := d.giveBack(ctx, m, v); err != nil {
			errs = append(errs, err)
			continue
		}
		returned++
	}
	return escalated, returned, errors.Join(errs...)
}

func (d *Desk) own(op, state string, m Message, v *verdict.Record) Decision {
	x := Decision{At: d.now(), Decision: d.newID(), State: state, Op: op, ID: m.ID, Arrival: m.Arrival, Actor: helperName}
	if v != nil {
		x.Verdict, x.Department = v.ID, v.Department
	}
	return x
}

// giveBack returns a message on which nobody decided.
func (d *Desk) giveBack(ctx context.Context, m Message, v *verdict.Record) error {
	d.deciding.Lock()
	defer d.deciding.Unlock()
	x := d.own(OpReturn, StateBegun, m, v)
	x.Reason = "nobody decided in time"
	if err := d.Decisions.Write(x); err != nil {
		return err
	}
	_, err := d.act(ctx, &Request{Op: OpReturn}, m, x)
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.tried == nil {
			d.tried = map[key]time.Time{}
		}
		d.tried[keyOf(m)] = d.now()
	}
	return err
}

func (d *Desk) triedAt(m Message) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tried[keyOf(m)]
}
