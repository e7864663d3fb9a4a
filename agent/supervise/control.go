package supervise

import (
	"errors"
	"fmt"
	"time"
)

// Controls is the name of the register of controls.
const Controls = "controls"

// Points is the number of points on which 004 asks for a documented control:
//
//	1 the necessary risk assessment is made           4 persons are notified of a breach with a high risk
//	2 breaches are notified to the authority          5 processors are instructed to tell us of breaches
//	3 the notification holds what it must             6 the ongoing control itself is carried out
const Points = 6

// Control is one control of one point.
type Control struct {
	Point       int    `json:"point"` // 1 to Points
	Date        string `json:"date"`
	Sample      string `json:"sample"`  // what was looked at
	Finding     string `json:"finding"` // what was found
	FollowUp    string `json:"follow_up,omitempty"`
	FollowUpDue string `json:"follow_up_due,omitempty"`
	FollowedUp  string `json:"followed_up,omitempty"` // the day on which it was done
	Approver    string `json:"approver,omitempty"`    // the board or council
	Approved    string `json:"approved,omitempty"`    // the day
}

// Check says what is wrong with a control.
func (c Control) Check() error {
	errs := []error{day("date", c.Date), words("sample", c.Sample, true), words("finding", c.Finding, true), words("follow_up", c.FollowUp, false), words("approver", c.Approver, false)}
	if c.Point < 1 || c.Point > Points {
		errs = append(errs, fmt.Errorf("point: %d is not one of 1 to %d", c.Point, Points))
	}
	for name, text := range map[string]string{"follow_up_due": c.FollowUpDue, "followed_up": c.FollowedUp, "approved": c.Approved} {
		if text != "" {
			errs = append(errs, day(name, text))
		}
	}
	if (c.Approver == "") != (c.Approved == "") {
		errs = append(errs, errors.New("approver and approved: name both, who approved it and on which day, or neither"))
	}
	if c.FollowUpDue != "" && c.FollowUp == "" {
		errs = append(errs, errors.New("follow_up: what is to be done by that day?"))
	}
	return errors.Join(errs...)
}

// PointState is where the control of one point stands.
type PointState struct {
	Point   int
	Last    *Control // the latest one, nil for none
	Due     string   // the day by which the next one is due
	Overdue bool     // it, its approval or its follow-up is overdue
}

// States says where each point stands: a control is due every so many months, the first one at once.
func States(all []Control, months int, today time.Time) []PointState {
	states := make([]PointState, Points)
	for i := range states {
		states[i] = PointState{Point: i + 1, Due: today.Format(time.DateOnly), Overdue: true}
	}
	for _, c := range all {
		if c.Point < 1 || c.Point > Points {
			continue
		}
		if s := &states[c.Point-1]; s.Last == nil || c.Date > s.Last.Date {
			s.Last = &c
		}
	}
	now := today.Format(time.DateOnly)
	for i := range states {
		s := &states[i]
		if s.Last == nil {
			continue
		}
		if at, err := time.Parse(time.DateOnly, s.Last.Date); err == nil {
			s.Due = at.AddDate(0, months, 0).Format(time.DateOnly)
		}
		s.Overdue = s.Due < now || s.Last.FollowUpDue != "" && s.Last.FollowedUp == "" && s.Last.FollowUpDue < now
	}
	return states
}
