package held

import (
	"context"
	"errors"
	"io"
	"time"
)

// Queue is the hold queue of an MTA. Each method that does something sees to it first that m is still the message that was
// looked at. Success is proven by what the MTA says and by a second look at the queue; exit codes prove nothing (postsuper
// -H returns 0 for a message that does not exist).
type Queue interface {
	// List gives all held messages, the oldest first.
	List(ctx context.Context) ([]Message, error)
	// Show writes a message as it lies in the queue; body adds what comes after the header.
	Show(ctx context.Context, m Message, body bool, w io.Writer) error
	// Return sends a message back to its sender, undelivered.
	Return(ctx context.Context, m Message) error
	// Routable says whether Route would send the message to the gateway. It is asked for each message of a listing.
	Routable(ctx context.Context, m Message) (bool, error)
	// Route sends a message by the secure gateway; ErrNoRoute where none is set up for it.
	Route(ctx context.Context, m Message) error
	// Release lets a message go its way in the open. No milter is asked again.
	Release(ctx context.Context, m Message) error
	// Delete destroys a message.
	Delete(ctx context.Context, m Message) error
}

// Message is one held message.
type Message struct {
	ID         string
	Arrival    time.Time // to the second; queue ids come again, so it tells two messages apart
	Size       int64     // bytes
	Sender     string    // "" is the null reverse-path
	Recipients []string
}

// Errors of the queue.
var (
	ErrQueueID   = errors.New("not a queue id")
	ErrNotHeld   = errors.New("not in the hold queue")
	ErrOther     = errors.New("another message has this queue id now")
	ErrUnproven  = errors.New("the MTA did not confirm it")
	ErrNoRoute   = errors.New("no gateway is set up for this message (policy.route_token)")
	ErrNoCommand = errors.New("command of the MTA not found")
)
