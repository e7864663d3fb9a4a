// Package track makes transmissions of records: one message to one recipient, and what became of it.
//
// It is pure. Time comes from the lines and from Tick; what is not finished is marshalled by Flush into items
// that the caller keeps, and given back by Load; nothing is read or written here.
//
// # What belongs to one message
//
// A message is known by host and queue id, in time: queue ids repeat, so a line that creates one after its
// message is gone begins a new message. Birth is the time of the first line of the MTA about it. A verdict may
// come before or after the MTA's lines; without any of them for Options.JoinWindow it stands alone, with the
// finding no-mta-lines, and a message of a host with a milter but without a verdict gets no-verdict.
//
// A message goes on under another queue id when it is requeued (orig_id=), comes back from a content filter
// (orig_queue_id=, or "queued as" an id of the same host) or is forwarded by an alias ("forwarded as"). The
// recipient's outcome is then that of the last hop on this host. While a message that came from the host itself has
// the message-id of one that is still in the queue, its rows wait for that one's end.
//
// # TLS of a delivery
//
// tls= of the line itself (Postfix 3.11), else the TLS line of the same host, instance, process and
// relay[address]:port, later than that process's previous transaction. Recipients with the same queue id,
// process, relay and the same first three of delays= belong to one transaction: the fourth is the time until each
// one's own answer. conn_use= of 2 or more without a TLS line is plaintext: Postfix (since 3.4) hands a TLS connection on
// only with smtp_tls_connection_reuse, and then logs "TLS connection reused" at each use. Else it is plaintext where
// the client logs TLS (a TLS line was seen, or Options.TLSLogged), and unknown where not.
//
// # The milter out of reach
//
// From the first line in which the MTA of a host says that it did not reach the milter to the first verdict of that host after it
// nothing was checked there. An outage without an end lasts.
//
// # Time
//
// What waits, waits in the time of the log: the latest stamp of any line, moved on by Tick while all sources are
// at their end. So a replay decides as the first run did.
package track
