package held

import "time"

// Version is that of the protocol.
const Version = 1

// What can be asked for.
const (
	OpList    = "list"
	OpShow    = "show"
	OpReturn  = "return"
	OpRoute   = "route"
	OpRelease = "release"
	OpDelete  = "delete"
)

// Request is what a client asks; the package comment says which fields go with which Op.
type Request struct {
	V       int       `json:"v"`
	Op      string    `json:"op"`
	ID      string    `json:"id,omitempty"`
	Arrival time.Time `json:"arrival,omitzero"`
	Actor   Actor     `json:"actor,omitzero"`
	Reason  string    `json:"reason,omitempty"`
	Note    string    `json:"note,omitempty"`
	Body    bool      `json:"body,omitempty"`
}

// Actor is the person who decides.
type Actor struct {
	Name      string   `json:"name"`
	Addresses []string `json:"addresses"`
}

// Reply is an answer: one with Message is followed by others.
type Reply struct {
	V        int     `json:"v"`
	Message  *Entry  `json:"message,omitempty"`
	OK       *bool   `json:"ok,omitempty"`
	Count    *int    `json:"count,omitempty"`
	State    string  `json:"state,omitempty"` // done, asked
	Decision string  `json:"decision,omitempty"`
	Content  []byte  `json:"content,omitempty"`
	Cut      bool    `json:"cut,omitempty"`
	Code     Code    `json:"code,omitempty"`
	Error    string  `json:"error,omitempty"`
	Words    []Quote `json:"words,omitempty"`
}

// Entry is a held message as list shows it: nothing that names a person.
type Entry struct {
	ID         string      `json:"id"`
	Arrival    time.Time   `json:"arrival"`
	Size       int64       `json:"size"`
	Judged     bool        `json:"judged"`
	Verdict    string      `json:"verdict"`
	Level      string      `json:"level"`
	Kinds      []string    `json:"kinds"`
	Rules      []RuleParts `json:"rules"`
	Why        string      `json:"why"`
	Direction  string      `json:"direction"`
	Department string      `json:"department"`
	Waiting    int64       `json:"waiting"` // seconds
	Escalated  bool        `json:"escalated"`
	ReturnAt   time.Time   `json:"return_at,omitzero"`
	Actions    []string    `json:"actions"`
	FourEyes   bool        `json:"four_eyes"`
	Asked      *Asked      `json:"asked,omitempty"`
	Own        bool        `json:"own,omitempty"` // of the actor who asked
}

// RuleParts is how often a rule matched, and where.
type RuleParts struct {
	Rule  string   `json:"rule"`
	Count int      `json:"count"`
	Parts []string `json:"parts"`
}

// Asked is what the first of two persons asked for.
type Asked struct {
	Op     string    `json:"op"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Quote is what an authority said.
type Quote struct {
	Source string `json:"source"`
	Lang   string `json:"lang"`
	Text   string `json:"text"`
}

// Code tells a program why something was not done.
type Code string

// Codes.
const (
	CodeRequest    Code = "request"
	CodeNotAllowed Code = "not-allowed"
	CodeQueueID    Code = "queue-id"
	CodeNotHeld    Code = "not-held"
	CodeOther      Code = "other"
	CodeOwnMail    Code = "own-mail"
	CodeActor      Code = "actor"
	CodeReason     Code = "reason"
	CodeConsent    Code = "consent"
	CodeNumber     Code = "number"
	CodeSecond     Code = "second"
	CodeNoRoute    Code = "no-route"
	CodeRecord     Code = "record"
	CodeMTA        Code = "mta"
)
