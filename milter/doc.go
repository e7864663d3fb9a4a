// Package milter is what happens to a message.
//
// # The way of a message
//
//	MTA -> session collects envelope, macros, headers, body (spilled to disk past a limit)
//	 1 facts  := factsOf(transaction)          sender, recipients, login, queue id, direction, department
//	 2 mail   := message.Read(headers, body)   parts as text, what protects them, what could not be opened
//	 3 found  := scanner.Scan(text)            rule, level, count, distinct persons; never the matched text
//	 4 record := policy.Decide(facts, content) for each recipient, then for the message
//	 5 apply(session, record)                  the only change to the message
//	 6 log(record.Lines())                     once, before the MTA has its answer
//
// Filter.Judge is steps 1 to 4 and serves the daemon, check and whoever asks else. Only apply touches the
// message. A message that cannot be judged in time, or whose judging panics, gets what on_failure says and is
// logged as level=unknown with the reason; it is never taken for harmless.
//
// # Trust
//
// Everything that comes by the wire is hostile, the MTA's framing included: lengths are capped, bodies
// past a limit lie in a file without a name, and nothing of a message is ever logged but what Record holds.
package milter
