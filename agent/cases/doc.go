// Package cases is the register of breaches of personal data and the decisions around it: triage, the 72-hour clock,
// risk and its procedure, the documents, and a chain that shows whether anything was changed afterwards. It is pure: it
// reads no clock, no disk and no configuration; a Ledger that others implement keeps the records.
//
// # What is written
//
// Everything is said once, in an Entry: who said what of which subject at what time. A subject is a case ("2026-0007"),
// the triage of one transmission ("triage/<row key>"), or the list of processors ("processors"). Nothing is edited:
// who was wrong says it again, and Replay shows what holds now. Each kind of Entry is a Change.
//
// # The chain
//
// A Record is an Entry as it is kept. Its body is sealed under a key of its subject (AES-256-GCM), and its link is
//
//	SHA-256(link before ‖ number ‖ time ‖ subject ‖ kind ‖ SHA-256(sealed body))
//
// so that Verify needs no key. When the time of keeping is over the key is destroyed, and with it all that was said;
// numbers, times and kinds stay, and the chain still verifies. The digest is of the sealed body: nobody can guess at a
// deleted text by hashing guesses.
//
// # The law
//
// GDPR Art. 4(12), 33, 34, 33(5); EDPB Guidelines 9/2022. The clock is 72 hours from awareness and is never stopped by
// nights, week-ends or holidays; that is stricter than Regulation 1182/71 and never too late. The notification's minimum is
// Art. 33(3), the notice's Art. 34(2), the register's Art. 33(5). A processor has no 72 hours but must inform the controller
// "without undue delay" (Art. 33(2)).
package cases
