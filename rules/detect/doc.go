// Package detect compiles rules and finds what they mean in text, all rules in one pass.
//
// An Engine is immutable and safe for concurrent use. A Scanner judges one message: every readable
// text of it is given to Scan in turn, then Result says what was found. A finding never holds the
// matched text.
//
// # Rule files
//
// Rules are TOML files in the root of a directory, read in order of name. The shipped ones are in package rules; an
// organisation's own lie in rules.d. A rule or cue of an own file replaces the shipped one of the same id; with
// `disabled = true` it only takes it away. There are three tables.
//
// # [[rule]]: what is confidential or sensitive
//
//	id              unique; by habit the file's name
//	title           for people
//	kind            what a verdict says was found: health, dk-cpr, …
//	level           "confidential" or "sensitive"; a number's may be "none": it is an organisation's, see below
//	languages       da, sv, no (bokmål and nynorsk), fi, en; the first is the rule's main one. A rule of terms looks at
//	                text in its languages only; a number rule looks everywhere
//	weight          of its terms, 1 if not given (0–4)
//	disabled        true takes a shipped rule away
//	references      law and sources
//	examples        texts that must be found, as this kind and level
//	counterexamples texts that must not be found as this kind
//	known_misses    recorded, not defended
//
// and either terms or number.
//
// # Terms
//
//	terms.strong    said of a person, the term alone tells the secret: a diagnosis, a drug, a measure
//	terms.usual     tells it with a cue of a person close by
//	terms.weak      counts only beside others
//	terms.never     looks like one of the above and is not; takes away what it covers
//
// A term is in lower case and matches whole words in any case:
//
//	word            exactly that word
//	word+           with any regular ending of the rule's languages
//	stem*           any word that begins so
//	*part           any word that ends so; *part+ with endings; *part* anywhere in a word
//	two words       with white space, a line break or a hyphen between; each may carry + or *
//	some-thing      also as "something" and "some thing"
//
// æ, ø and å are also found as ae, oe and aa, ä as æ and ö as ø, accents and combining marks are folded. The
// regular endings are in languages.toml: any of `endings`, alone or followed by one of `second`; a final
// consonant may double (sygdom, sygdommen) and a final vowel give way (flicka, flickor).
//
// # Numbers
//
//	number.check    the function of package checks: dk-cpr, se-pnr, no-fnr, fi-hetu, is-kt, iban, card, dk-konto, no-konto, digits;
//	                of organisations dk-cvr, no-orgnr, se-orgnr, fi-ytunnus, is-company
//	number.shapes   how the number is written: d a digit, l a letter, x either, a a century letter, - the official place of
//	                a separator
//	number.context  terms that raise a number within 300 characters
//	number.against  terms that say, within 40 characters before it, that it is another kind of number; cues of class
//	                "number" do so for every rule
//	number.column   true: below a number with context the same kind needs none (tables, CSV)
//	number.tier     the confidences, each with what it takes; the highest that holds counts
//	  tier          1–100 (Purview's 65, 75, 85)
//	  form          any of official (a dash in the official places, or a century letter), split (another separator
//	                there), bare (no separator), loose (separators elsewhere); all if not given
//	  checked       the check digit must be right
//	  exempt        … or the issuer must allot such numbers without one
//	  context       a context term must stand near, or a column
//	  person        a person must be named or meant near, and no word of the organisation's own accounts
//	  length        characters without separators
//	threshold       the lowest tier that counts, 65 if not given
//
// Between the digits may stand spaces, dots, dashes and slashes of every kind, no-break spaces, one line break, what has no
// width, and HTML tags. A first group of four or five digits may be parted from the rest by a context term: reg.nr. 1234,
// kontonr. 0005678901. Digits that are an order number in one place are one everywhere in the mail, unless a context
// term stands by them. Of several readings of the same digits the surest counts.
//
// A number of level "none" is nobody's. It is only looked for where a context term begins within 40 characters before it. It takes
// its digits from every other reading, here and elsewhere in the mail, and an account within 60 characters behind it is the
// organisation's own. Its examples must be recognised and raise nothing.
//
// # [[cue]]: who it is about, and what else the mail may be
//
//	id, languages, disabled   as above
//	class                     what its terms mean, see below
//	weight                    of class discuss, 1 if not given
//	kind                      of class sender
//	terms
//
// Classes that tie a sentence to a person: title (Hr.: a name follows), role (the patient), third (she), second (you),
// first (I), relative (my son), identity (born, case number), given and surname (where capitalised), household
// (family: a capitalised word before it is a name), told (was
// admitted: a fact, not a supposition). A valid national number ties most. Classes that don't: place (capitalised, nobody's name),
// official (staff: a name after it is not the person concerned), plural (citizens), condition (if, for example),
// discuss (course, policy, statistics, law), own (our account, invoice), closing (a signature follows), greeting.
// For numbers: number (order, phone), any-number (the bare word number). For R12: sender (a service whose clients
// are secret, with the kind), contact (an appointment). For R17: ask-send, ask-data, ask-mail, not. money: amounts.
// company: a legal form, right before an account. case: a number right after it is a case's. year: a year may follow. mine: my account.
//
// Classes of genres, manners of mail that name people beside topics and tell nothing of them: minutes, advice, animal,
// advert, news, template, science, history, auto (automatic replies, rotas), goods (orders, stocks). Their weights add up for a part and its subject, each
// cue once; at 2 (minutes 4, templates and goods 3) only a surer tie counts, which genre.go lists. Numbered lines, parties in
// brackets after a name and places to fill in add to them.
//
// # [[language]]
//
// Shipped only: id, words that tell it, endings, second.
//
// # The decision
//
// A text is cut into segments of about a sentence. In each, the terms of a kind add up (strong 1, usual 0.6,
// weak 0.25, more of them at half weight; a word that at least three phrases of the rule and of no other kind share
// hints, 0.4 beside others and 0.24 alone), times how surely the segment and its neighbours within 300 characters
// are tied to one person (0–1), less what lowers it: conditions, people in general, words of discussion. What holds for the whole message is added at the
// end: a greeting by name, a subject about a person, a national number anywhere, and the words of discussion in all. So a
// name in the subject ties a diagnosis in the body, and a name in the body a topic in the subject. Signatures and
// footers say nothing. The score must reach 0.43, and a little more in long texts; 0.15 and 0.35 above are tiers 75 and 85. Function words may
// stand inside a phrase, at most two; "not" may not.
//
// # Proof
//
// Prove runs every example and counterexample; `postvagt-milter rules test` prints its failures. The battery
// in detecttest puts every example at the start, middle and end of a text, over chunk edges, in other spellings.
// Explain keeps what raised and lowered each finding, with shapes in place of text.
package detect
