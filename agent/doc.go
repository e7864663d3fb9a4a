// Package agent follows the mail log, finds out what became of every mail, and shows it.
//
// # The way of a log line
//
//	file or journal -> tail: Line{source, position, text}
//	   -> maillog.Parse: a record, or counted as unknown
//	   -> track.Add: what the message's story is now; lines of different sources may come in any order
//	   -> store.Commit(documents, unfinished state, positions): one transaction; a restart resumes there
//
// One goroutine walks this way. It reads from the source whose log time is the least, so that files written side by
// side are read side by side. Nothing is acknowledged before it is committed; when the disk is full, reading stops
// until the same transaction succeeds. No channel leads back: dashboards read the store.
//
// # What is told
//
// Notices to senders are made by track and put into the store's outbox with the rows that they are about; alerts are found
// by package watch in what the store holds. One goroutine sends what the outbox has, until it is taken. The decisions on
// held mail are one more file that is followed: whose mail was read is told so.
//
// # What is told of the milter
//
// Which mode, policy and rules judged from when to when, and the policy's lines in full, come from the milter's own lines (settings and policyline in
// package verdict). The store keeps a policy's lines by its fingerprint; the report prints them in words.
//
// # Rooms beside those of the map
//
// register joins cases and store, and is shared by the pages, the command and the loop that erases; login is who may log in,
// supervise the registers of what people state.
package agent
