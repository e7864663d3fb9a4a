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
// # What a decision may rest on
//
// Facts of the envelope and the client (facts.go, recipients.go), the department of the sender
// (departments.csv), the register of objections (objections.go), what arrived securely before (threads.go), who has
// written to whom (acquaintances.go), likely slips (slips.go), registered assessments of risk (config_risk.go), and what
// the MTA promises for the next hop (Transports, asked only where something was found). The MTA names the next hop by its
// macros; where they are missing, behind rspamd and in check, Postfix's is looked up as its trivial-rewrite chooses it, and
// Sendmail's is unknown. Each of them is read while
// mail flows, and none can hold it up: what cannot be looked up counts as unknown, which protects nothing.
//
// # What is told of the policy
//
// The table by which the milter decides is told in the verdict log, line by line with all conditions, whenever it comes into force and once a
// day. The lines are read off the very values that decide (policy.Line.Conditions), so that a report cannot print another standard than
// the one that was used. Their grammar is package verdict's.
//
// # Replies
//
// By unix socket the milter asks for no-reply mode where the MTA offers it, and wire.go sees to it that nothing leaves
// before the end of the message: with a stale reply under way, Postfix delivers mail that was to be held. All changes
// to a message and the final reply leave in one write.
//
// # Rooms
//
// message opens a mail, policy decides, verdict is the record and its log lines, held is the MTA's hold queue and the
// privileged helper that decides on it, postfix and sendmail what the MTA promises and how the milter gets into it, rspamd the
// same for its plugin, scan the HTTP door that the plugin asks. program is what both programs have in common towards their
// admin: a configuration file read strictly, its defaults printed, a command line run; the agent imports it too.
//
// # Speed
//
// cmd/postvagt-milter/default.pgo tells the compiler where the milter spends its time; "make pgo" measures it anew.
//
// # Trust
//
// Everything that comes by the wire is hostile, the MTA's framing included: lengths are capped, bodies
// past a limit lie in a file without a name, and nothing of a message is ever logged but what Record holds.
package milter
