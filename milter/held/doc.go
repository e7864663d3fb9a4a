// Package held is the MTA's hold queue: what lies there, what may become of it, and who decided so. It is a small
// privileged helper: the MTA's commands need root, and nobody who speaks to people should have that. The helper
// reads no configuration of its own, imports nothing of the house but milter/verdict, and runs the MTA's own commands
// with fixed arguments alone.
//
// # What may become of a held message
//
// In this order: it is returned to its sender with instructions; it is sent by the secure channel (route); it is released
// in the open. The last counts as unprotected, and takes one of three reasons:
//
//	false-alarm            what was found is no such data
//	documented-protection  it is protected by other means; the note names the document
//	danger-to-life         somebody's life or health is in danger
//
// That the citizen consented is no reason: "borgeren heller ikke har eller kunne give tilladelse" (000), "Detta gäller
// trots att den registrerade givit sitt samtycke" (002). Nobody decides on their own mail, but where the department has
// override = "sender with reason". Where a kind is listed in four_eyes, or a message was not judged while any kind is
// listed, release and delete take effect when a second person asks for the same. What nobody decides on in two hours
// is escalated; in the end (three days) it goes back to its sender. Nothing is ever deleted or sent by default.
//
// Who looks, sees the rule, its count, the part and the time. To read a message (show) takes a right and a reason, is
// recorded, and its sender is told by the agent.
//
// # Protocol, version 1
//
// A client connects to the unix socket, writes one JSON object a line, and reads JSON objects, one a line, until one that
// has "ok"; then it may ask again. A line has at most 64 KiB from the client. The kernel tells the helper the user of the
// other side (SO_PEERCRED); the configuration says which users' programs may list, decide, read and delete; root may all.
// The program on the other side knows who its user is, and says so in "actor": the helper holds it to that.
//
// A request:
//
//	v          1
//	op         list, show, return, route, release, delete
//	id         queue id; not for list
//	arrival    RFC 3339, in whole seconds, as list gave it: queue ids come again, and another message is not touched
//	actor      {"name": login name, "addresses": [the person's own mail addresses]}; list tells by it which mail is the actor's own
//	reason     release: one of the three above. show, delete: in words
//	note       release: what supports the reason; it must name no person by number
//	body       show: true adds what comes after the header
//
// Answers. list gives a line {"v":1,"message":{…}} for each held message, the oldest first, then {"v":1,"ok":true,"count":N}:
//
//	id, arrival, size   as the MTA has them; size in bytes
//	judged              false: there is no verdict on it; what follows is then empty
//	verdict             id of the verdict
//	level, kinds        as in verdict lines
//	rules               [{"rule": id, "count": matches, "parts": ["1 text/plain", "subject"]}]
//	why                 the policy line that decided
//	direction           outbound, internal, inbound
//	department          of the sender
//	waiting             seconds since arrival
//	escalated           nobody decided in time
//	return_at           when it goes back to its sender, if nobody decides; missing for what stays: mail from outside, and
//	                    what others hold in the queue
//	actions             what can be done with it, in the order of the buttons; route only where a gateway is set up
//	four_eyes           release and delete need a second person
//	asked               {"op","by","reason","at"}: the first of two has asked
//	own                 true: the actor sent it; actions are then what override leaves to senders, none without it
//
// The others give {"v":1,"ok":true,"state":"done","decision": id}, show also "content" in base64 and "cut" where it was
// longer than 1 MiB; or "state":"asked" where a second person is needed. A refusal or failure is
// {"v":1,"ok":false,"code":…,"error": in English, for a person}; for code consent also "words": [{"source","lang","text"}], what
// the authorities said about it. Codes:
//
//	request    not a request of this version         not-allowed  this user's programs may not do that
//	queue-id   not a queue id                        not-held     no such message in the hold queue
//	other      another message has this id now       own-mail     actor is the sender
//	actor      actor is missing or has no address    reason       reason or note is missing or not one that counts
//	consent    consent of the citizen is no reason   number       reason or note seems to hold a national number
//	second     the same person asked before          no-route     no gateway is set up for this message
//	record     it could not be recorded, so was not done
//	mta        the MTA did not do it, or did not confirm it
//
// testdata/protocol.txt holds conversations (">" is the client, "<" the helper); the tests of both sides read it.
//
// # Decisions
//
// What is decided is appended to a file (decisions.jsonl, 0640) before it is done, one JSON object a line, and is never
// rewritten:
//
//	at, decision        time, and 128 random bits that join the lines of one decision
//	state               begun before it is done, then done or failed; asked by the first of two; refused with a code;
//	                    due when nobody decided in time (op is escalate)
//	op, id, arrival     as in the request; op is return with actor.name "postvagt" for what goes back in the end
//	verdict             id of the verdict, "" where there is none
//	department          of the sender, from the verdict
//	actor               login name; uid is the user of the program that asked
//	reason, note        as in the request
//	first               decision id of the first of two
//	code, error         why it was refused or failed
//
// It holds no content, no subject and no address of a recipient. Who tells people (the agent) follows this file.
package held
