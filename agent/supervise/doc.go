// Package supervise is how an authority sees to it that its rules are kept (000, 001, 004): registers of what people
// state, each entry with its author and its revisions. It is pure: package store keeps the entries, package web makes
// and shows them, package report freezes them.
//
//	measures   procedures, instructions, courses, meetings, campaigns, technical changes, complaints received
//	controls   the ongoing control of 004, six points, with sample, finding, follow-up and who approved it
//	samples    mails drawn at random that a department looks up in its own Sent folder, and its answers
//
// # The sample
//
// A figure says what a machine recognised. Whether it missed something is known only by looking. So two piles are drawn
// with a seed that is kept: mails in which nothing was found, and mails that were recognised. The department answers for
// each of them: does it hold confidential or sensitive data about a person? yes, no, or unsure. Postvagt keeps the
// answer and nothing of the mail.
//
// Of each department as many mails are drawn as are asked for, all of them where there are fewer. So a mail of a large department stands
// for more mails than one of a small one. Each has a weight: one divided by how often it was to be expected in the samples that it
// could have been drawn into (the single-frame estimator of Kalton and Anderson, J. R. Stat. Soc. A 149, 1986, p. 65), so that samples
// of the same mails say nothing twice. A mail that was drawn twice counts once, with both weights. A department's figures take its own
// mails from the samples of the whole house.
//
// The miss rate is yes ÷ (yes + no) of the first pile, the false-alarm rate no ÷ (yes + no) of the second, both weighed, each with
// the 95 % interval of Wilson (J. Am. Stat. Assoc. 22, 1927, p. 209) on the effective number of answers, (Σw)² ÷ Σw² (Kish, Survey
// Sampling, 1965), which is their number where all weigh the same. Unsure and unanswered ones are counted beside them.
// Without a sample, how much was missed is not known.
package supervise
