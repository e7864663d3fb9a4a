package cases

import "time"

// Limit is how long after awareness the supervisory authority must have been notified, at the latest (GDPR Art. 33(1)).
const Limit = 72 * time.Hour

// Reminders are the ages of an unnotified breach at which its officers are reminded.
var reminders = [...]time.Duration{24 * time.Hour, 48 * time.Hour, 66 * time.Hour}

// ClockState says where a case stands against its limit.
type ClockState string

// The states of the clock.
const (
	Unstarted   ClockState = "unstarted"    // nobody has said yet when we became aware
	Running     ClockState = "running"      // not notified, and there is time
	Overdue     ClockState = "overdue"      // not notified, and the time is over
	InTime      ClockState = "in-time"      // notified within the limit
	TooLate     ClockState = "too-late"     // notified after it; the reason must accompany it
	NotRequired ClockState = "not-required" // no risk: the register is enough
	NoLimit     ClockState = "no-limit"     // we are the processor: without undue delay
)

// Clock is a case's time against Art. 33 at one moment. Times are UTC; a zone is only a way to show them.
type Clock struct {
	State    ClockState
	Aware    time.Time     // zero while unstarted
	Deadline time.Time     // Aware and 72 hours that pass whatever the calendar says; zero for NoLimit
	Stopped  time.Time     // when it was notified, or when a processor informed the controller
	Left     time.Duration // until the deadline, negative when it is over; zero where no limit runs
}

// Clock returns the state at the time given.
func (c *Case) Clock(now time.Time) Clock {
	if c.Aware.IsZero() {
		return Clock{State: Unstarted}
	}
	k := Clock{Aware: c.Aware, Deadline: c.Aware.Add(Limit), Stopped: c.firstReport()}
	switch {
	case c.Role == Processor:
		return Clock{State: NoLimit, Aware: c.Aware, Stopped: c.ControllerInformed.At}
	case !k.Stopped.IsZero() && !k.Stopped.After(k.Deadline):
		k.State = InTime
	case !k.Stopped.IsZero():
		k.State = TooLate
	case c.Risk() == NoRisk && !c.Ordered():
		k.State = NotRequired
	case now.After(k.Deadline):
		k.State, k.Left = Overdue, k.Deadline.Sub(now)
	default:
		k.State, k.Left = Running, k.Deadline.Sub(now)
	}
	return k
}

// Late says whether the notification came after the limit, or would if it went now: then it must say why (Art. 33(1)).
func (c *Case) Late(now time.Time) bool {
	state := c.Clock(now).State
	return state == Overdue || state == TooLate
}

func (c *Case) firstReport() time.Time {
	if len(c.Reports) == 0 {
		return time.Time{}
	}
	first := c.Reports[0].At
	for _, r := range c.Reports[1:] {
		if r.At.Before(first) {
			first = r.At
		}
	}
	return first
}

// Reminder is due for a case that is not notified yet.
type Reminder struct {
	Case string
	Age  time.Duration // 24, 48 or 66 hours, or 72: the limit is over
	At   time.Time
}

// Due returns the reminders that fell due after the one time and not after the other.
func (c *Case) Due(after, now time.Time) (all []Reminder) {
	k := c.Clock(now)
	if k.State != Running && k.State != Overdue {
		return nil
	}
	for _, age := range append(reminders[:], Limit) {
		if at := c.Aware.Add(age); at.After(after) && !at.After(now) {
			all = append(all, Reminder{Case: c.ID, Age: age, At: at})
		}
	}
	return all
}
