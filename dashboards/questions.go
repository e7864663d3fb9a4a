package dashboards

import "sync"

// Names of the fields that questions ask for.
const (
	fDirection  = "postvagt.message_direction"
	fFirst      = "postvagt.first"
	fLevel      = "postvagt.level"
	fKinds      = "postvagt.kinds"
	fLeft       = "postvagt.message_left"
	fProtected  = "postvagt.message_protected"
	fDoneRight  = "postvagt.done_right"
	fOutcome    = "postvagt.message_outcome"
	fHeld       = "postvagt.held"
	fReleased   = "postvagt.released"
	fChannel    = "postvagt.channel"
	fState      = "postvagt.channel_state"
	fDepartment = "postvagt.department"
	fUnopened   = "postvagt.unopened"
	fObjection  = "postvagt.after_objection"
	fMailbox    = "postvagt.secure_mailbox"
)

// Conditions that several questions share. A message is counted once, on its row with first = true.
func messages(more ...Term) Filter {
	return Filter{Is(fDirection, "outbound"), Is(fFirst, "true")}.And(more...)
}

func recognised(more ...Term) Filter {
	return messages(Is(fLevel, "confidential", "sensitive")).And(more...)
}

func unseen(more ...Term) Filter { return messages(Is(fLevel, "unseen")).And(more...) }

// besides are the figures without which no ratio is shown.
func besides() []string {
	return []string{"unseen", "not-judged", "protection-unknown", "outcome-unknown"}
}

// Questions returns all questions in the order in which they are shown.
func Questions() []Question {
	var all []Question
	for _, part := range [][]Question{volume(), safely(), notSeen(), doneRight(), held(), divisions(), secure(), trends(),
		incidents(), repeated(), transport(), operations()} {
		all = append(all, part...)
	}
	return all
}

// byID are all questions, made once: a page looks up dozens.
var byID = sync.OnceValue(func() map[string]Question {
	all := map[string]Question{}
	for _, q := range append(Questions(), ReportQuestions()...) {
		all[q.ID] = q
	}
	return all
})

// ByID finds a question. What its lists hold is not to be changed.
func ByID(id string) (Question, bool) {
	q, ok := byID()[id]
	return q, ok
}

func count(of Filter) Measure { return Measure{Kind: Count, Of: of} }

func ratio(over Filter, more ...Term) Measure {
	return Measure{Kind: Ratio, Of: over.And(more...), Over: over}
}

// weekly turns a figure into its trend.
func weekly(q Question, id string, title Text) Question {
	q.ID, q.Title, q.Chart, q.Split = id, title, Line, Split{By: ByTime, Every: "week"}
	return q
}

// byDepartment divides a figure by department.
func byDepartment(q Question, id string, title Text) Question {
	q.ID, q.Title, q.Chart, q.Split = id, title, Table, Split{By: fDepartment}
	return q
}

func sent() Question {
	return Question{
		ID:    "sent",
		Title: Text{DA: "Mails sendt ud af huset", EN: "Mails sent outside"},
		Help: Text{DA: "Mails med mindst én modtager uden for organisationen. En mail tæller én gang, uanset antallet af modtagere.",
			EN: "Mails with at least one recipient outside the organisation. A mail counts once, however many recipients it has."},
		Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman}, Measure: count(messages()),
	}
}

func recognisedMails() Question {
	return Question{
		ID:    "recognised",
		Title: Text{DA: "Genkendt som følsomme eller fortrolige", EN: "Recognised as sensitive or confidential"},
		Help: Text{DA: "Udgående mails, hvor der blev fundet læsbare følsomme eller fortrolige personoplysninger, også dem, der blev standset.",
			EN: "Outgoing mails in which readable sensitive or confidential personal data was found, those that were stopped included."},
		Source: "R1, R2", Chart: Figure, Dashboards: []string{Ombudsman}, Measure: count(recognised()),
	}
}

func volume() []Question {
	return []Question{
		sent(),
		recognisedMails(),
		{
			ID:    "sensitive",
			Title: Text{DA: "Følsomme mails", EN: "Sensitive mails"},
			Help: Text{DA: "Udgående mails med følsomme oplysninger om en person, for eksempel helbred eller straffedomme (GDPR artikel 9 og 10).",
				EN: "Outgoing mails with sensitive data about a person, such as health or convictions (GDPR Articles 9 and 10)."},
			Source: "R2, GDPR Art. 9 and 10", Chart: Figure, Dashboards: []string{Ombudsman},
			Measure: count(messages(Is(fLevel, "sensitive"))),
		},
		{
			ID:    "confidential",
			Title: Text{DA: "Fortrolige mails", EN: "Confidential mails"},
			Help: Text{DA: "Udgående mails med fortrolige oplysninger om en person, for eksempel personnummer eller økonomi, men uden følsomme.",
				EN: "Outgoing mails with confidential data about a person, such as a national number or income, but without sensitive data."},
			Source: "R1", Chart: Figure, Dashboards: []string{Ombudsman},
			Measure: count(messages(Is(fLevel, "confidential"))),
		},
		weekly(recognisedMails(), "recognised-weekly", Text{DA: "Genkendte mails pr. uge", EN: "Recognised mails by week"}),
		{
			ID:    "recognised-kinds",
			Title: Text{DA: "Hvad der blev genkendt", EN: "What was recognised"},
			Help: Text{DA: "Genkendte udgående mails efter oplysningernes art. En mail med flere arter tæller under hver af dem.",
				EN: "Recognised outgoing mails by kind of data. A mail with several kinds counts under each of them."},
			Source: "R1, R2", Chart: Bar, Dashboards: []string{Ombudsman}, Measure: count(recognised()), Split: Split{By: fKinds, Top: 20},
		},
	}
}

func leftSafely() Question {
	return Question{
		ID:    "left-safely",
		Title: Text{DA: "Sendt sikkert", EN: "Left safely"},
		Help: Text{DA: "Af de genkendte mails, der forlod huset: dem, hvor det er bevist, at hver kopi var beskyttet. Uvist tæller ikke som beskyttet.",
			EN: "Of the recognised mails that left: those where every copy that left is proven to have been protected. Unknown does not count as protected."},
		Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman}, Beside: besides(),
		Measure: ratio(recognised(Is(fLeft, "true")), Is(fProtected, "yes")),
	}
}

func leftSafelyUnseen() Question {
	return Question{
		ID:    "left-safely-unseen",
		Title: Text{DA: "Sendt sikkert blandt de mails, hvis indhold ikke kunne ses", EN: "Left safely among mails whose content could not be seen"},
		Help: Text{DA: "Krypterede mails, der forlod huset: dem, hvor det er bevist, at hver kopi var beskyttet. Bruges til at vise tallet både uden og med disse mails.",
			EN: "Encrypted mails that left: those where every copy is proven to have been protected. It serves to show the figure both without and with these mails."},
		Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman},
		Measure: ratio(unseen(Is(fLeft, "true")), Is(fProtected, "yes")),
	}
}

func safely() []Question {
	return []Question{
		leftSafely(),
		weekly(leftSafely(), "left-safely-weekly", Text{DA: "Sendt sikkert, uge for uge", EN: "Left safely, week by week"}),
		leftSafelyUnseen(),
		{
			ID:    "recognised-protection",
			Title: Text{DA: "Hvordan de genkendte mails forlod huset", EN: "How the recognised mails left"},
			Help: Text{DA: "Genkendte mails, der forlod huset, efter den dårligst beskyttede kopi: beskyttet, kun til første led, uvist, ikke beskyttet.",
				EN: "Recognised mails that left, by their least protected copy: protected, protected to the first hop only, unknown, not protected."},
			Source: "R8", Chart: Bar, Dashboards: []string{Ombudsman}, Beside: besides(),
			Measure: count(recognised(Is(fLeft, "true"))), Split: Split{By: fProtected},
		},
		{
			ID:    "open-sensitive",
			Title: Text{DA: "Følsomme mails sendt ubeskyttet", EN: "Sensitive mails that left unprotected"},
			Help: Text{DA: "Mails med følsomme oplysninger, hvor mindst én kopi forlod huset uden beskyttelse. Hver af dem skal vurderes.",
				EN: "Mails with sensitive data of which at least one copy left without protection. Each of them has to be assessed."},
			Source: "R8, GDPR Art. 32", Chart: Figure, Dashboards: []string{Ombudsman, Incidents},
			Measure: count(messages(Is(fLevel, "sensitive"), Is(fLeft, "true"), Is(fProtected, "no"))),
		},
		{
			ID:    "open-after-objection",
			Title: Text{DA: "Sendt ubeskyttet efter indsigelse", EN: "Left unprotected after an objection"},
			Help: Text{DA: "Forsendelser med følsomme eller fortrolige oplysninger, der forlod huset ubeskyttet, efter at borgeren havde frabedt sig åben e-mail.",
				EN: "Transmissions with sensitive or confidential data that left unprotected after the person had objected to open e-mail."},
			Source: "R9", Chart: Figure, Dashboards: []string{Ombudsman, Incidents},
			Measure: count(Filter{Is("email.direction", "outbound"), Is(fLevel, "confidential", "sensitive"), Is(fObjection, "true"), Is("postvagt.left", "true"), Not("postvagt.protected", "yes")}),
		},
		{
			ID:    "open-confidential",
			Title: Text{DA: "Fortrolige mails sendt ubeskyttet", EN: "Confidential mails that left unprotected"},
			Help: Text{DA: "Mails med fortrolige oplysninger, hvor mindst én kopi forlod huset uden beskyttelse.",
				EN: "Mails with confidential data of which at least one copy left without protection."},
			Source: "R8, GDPR Art. 32", Chart: Figure, Dashboards: []string{Ombudsman, Incidents},
			Measure: count(messages(Is(fLevel, "confidential"), Is(fLeft, "true"), Is(fProtected, "no"))),
		},
	}
}

func unseenMails() Question {
	return Question{
		ID:    "unseen",
		Title: Text{DA: "Indholdet kunne ikke ses", EN: "Content could not be seen"},
		Help: Text{DA: "Udgående mails, hvis indhold var krypteret, så det ikke kunne vurderes. De kan rumme følsomme oplysninger, men det vides ikke.",
			EN: "Outgoing mails whose content was encrypted, so that it could not be judged. They may hold sensitive data; that is not known."},
		Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman}, Measure: count(unseen()),
	}
}

func notSeen() []Question {
	return []Question{
		unseenMails(),
		{
			ID:    "not-judged",
			Title: Text{DA: "Ikke vurderet", EN: "Not judged"},
			Help: Text{DA: "Udgående mails, som Postvagt ikke nåede at vurdere, eller som gik uden om kontrollen.",
				EN: "Outgoing mails that Postvagt could not judge, or that went past the check."},
			Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman, Incidents}, Measure: count(messages(Is(fLevel, "unknown"))),
		},
		{
			ID:    "unopened",
			Title: Text{DA: "Kunne ikke læses helt", EN: "Not readable in full"},
			Help: Text{DA: "Udgående mails, der ellers kunne læses, men hvor mindst én del, for eksempel en vedhæftet fil, ikke kunne. De kan rumme mere, end der blev fundet.",
				EN: "Outgoing mails that could be read but for at least one part, an attachment for instance. They may hold more than was found."},
			Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman, Incidents}, Measure: count(messages(Not(fLevel, "unseen"), Not(fUnopened, "0"))),
		},
		{
			ID:    "protection-unknown",
			Title: Text{DA: "Beskyttelse uvis", EN: "Protection unknown"},
			Help: Text{DA: "Genkendte mails, der forlod huset, uden at mailserverens log viser, om de var beskyttet.",
				EN: "Recognised mails that left without the mail server's log showing whether they were protected."},
			Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman}, Measure: count(recognised(Is(fProtected, "unknown"))),
		},
		{
			ID:    "outcome-unknown",
			Title: Text{DA: "Udfald uvist", EN: "Outcome unknown"},
			Help: Text{DA: "Genkendte mails, hvor loggen ikke viser, hvad der blev af dem.",
				EN: "Recognised mails for which the log does not show what became of them."},
			Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman},
			Measure: count(recognised(Is(fOutcome, "unknown"), Not(fProtected, "unknown"))),
		},
	}
}

func doneRightMails() Question {
	return Question{
		ID:    "done-right",
		Title: Text{DA: "Gjort rigtigt af medarbejderne", EN: "Done right by staff"},
		Help: Text{DA: "Af alle genkendte mails, der blev forsøgt sendt: dem, der var beskyttet, uden at Postvagt greb ind. Tilbageholdte, returnerede, afviste og uvisse tæller ikke som rigtige.",
			EN: "Of all recognised mails that staff tried to send: those that were protected without Postvagt stepping in. Held, returned, rejected and unknown ones do not count as right."},
		Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman}, Beside: besides(),
		Measure: ratio(recognised(), Is(fDoneRight, "yes")),
	}
}

func doneRightUnseen() Question {
	return Question{
		ID:    "done-right-unseen",
		Title: Text{DA: "Gjort rigtigt blandt de mails, hvis indhold ikke kunne ses", EN: "Done right among mails whose content could not be seen"},
		Help: Text{DA: "Krypterede udgående mails: dem, der blev leveret uden indgreb, og hvor hver kopi er bevist beskyttet. Bruges til at vise tallet både uden og med disse mails.",
			EN: "Encrypted outgoing mails: those delivered without being stopped, every copy proven to be protected. It serves to show the figure both without and with these mails."},
		Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman},
		Measure: ratio(unseen(), Is(fOutcome, "delivered"), Is(fProtected, "yes"), Is(fHeld, "false")),
	}
}

func doneRight() []Question {
	return []Question{
		doneRightMails(),
		weekly(doneRightMails(), "done-right-weekly", Text{DA: "Gjort rigtigt af medarbejderne, uge for uge", EN: "Done right by staff, week by week"}),
		doneRightUnseen(),
	}
}

func heldMails() Question {
	return Question{
		ID:    "held",
		Title: Text{DA: "Tilbageholdt", EN: "Held"},
		Help: Text{DA: "Udgående mails, der blev tilbageholdt, uanset hvad der siden blev af dem. En tilbageholdt mail er ikke sendt.",
			EN: "Outgoing mails that were held at some time, whatever became of them later. A held mail has not left."},
		Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman, Incidents}, Measure: count(messages(Is(fHeld, "true"))),
	}
}

func releasedOpen() Question {
	return Question{
		ID:    "released-open",
		Title: Text{DA: "Frigivet og sendt ubeskyttet", EN: "Released and left unprotected"},
		Help: Text{DA: "Mails, der var tilbageholdt, blev frigivet og forlod huset, uden at det er bevist, at hver kopi var beskyttet.",
			EN: "Mails that were held, then released, and that left without proof that every copy was protected."},
		Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman, Incidents},
		Measure: count(messages(Is(fHeld, "true"), Is(fReleased, "true"), Is(fLeft, "true"), Not(fProtected, "yes"))),
	}
}

func held() []Question {
	return []Question{
		heldMails(),
		{
			ID:    "held-now",
			Title: Text{DA: "Tilbageholdt nu", EN: "Held now"},
			Help: Text{DA: "Udgående mails, der stadig ligger tilbageholdt og venter på en afgørelse.",
				EN: "Outgoing mails that are still held and wait for a decision."},
			Source: "R8", Chart: Figure, Dashboards: []string{Ombudsman, Incidents}, Measure: count(messages(Is(fOutcome, "held"))),
		},
		releasedOpen(),
		{
			ID:    "held-ended",
			Title: Text{DA: "Hvad der blev af de tilbageholdte", EN: "What became of held mails"},
			Help: Text{DA: "Mails, der har været tilbageholdt, efter hvad der blev af dem.",
				EN: "Mails that were held at some time, by what became of them."},
			Source: "R8", Chart: Table, Dashboards: []string{Ombudsman, Incidents}, Measure: count(messages(Is(fHeld, "true"))), Split: Split{By: fOutcome},
		},
		weekly(heldMails(), "held-weekly", Text{DA: "Tilbageholdt pr. uge", EN: "Held by week"}),
		weekly(releasedOpen(), "released-open-weekly", Text{DA: "Frigivet og sendt ubeskyttet pr. uge", EN: "Released and left unprotected by week"}),
	}
}

func divisions() []Question {
	return []Question{
		byDepartment(sent(), "sent-departments", Text{DA: "Mails sendt ud af huset efter afdeling", EN: "Mails sent outside by department"}),
		byDepartment(recognisedMails(), "recognised-departments", Text{DA: "Genkendte mails efter afdeling", EN: "Recognised mails by department"}),
		byDepartment(leftSafely(), "left-safely-departments", Text{DA: "Sendt sikkert efter afdeling", EN: "Left safely by department"}),
		byDepartment(doneRightMails(), "done-right-departments", Text{DA: "Gjort rigtigt af medarbejderne efter afdeling", EN: "Done right by staff by department"}),
		byDepartment(heldMails(), "held-departments", Text{DA: "Tilbageholdt efter afdeling", EN: "Held by department"}),
	}
}

func secure() []Question {
	return []Question{
		{
			ID:    "secure-mailboxes",
			Title: Text{DA: "Sikre postkasser i brug", EN: "Secure mailboxes in use"},
			Help: Text{DA: "Antal forskellige sikre postkasser, der sendte eller modtog mindst én mail i perioden.",
				EN: "How many different secure mailboxes sent or received at least one mail in the period."},
			Source: "R5", Chart: Figure, Dashboards: []string{Ombudsman},
			Measure: Measure{Kind: Distinct, Field: fMailbox},
		},
		{
			ID:    "channel-marked",
			Title: Text{DA: "Mærket til en sikker kanal", EN: "Marked for a secure channel"},
			Help: Text{DA: "Udgående mails, der bærer en sikker kanals mærke, men hvor loggen ikke viser, at de blev afleveret til kanalen. De tæller ikke som beskyttet.",
				EN: "Outgoing mails that bear the mark of a secure channel, without the log showing that they were handed to it. They do not count as protected."},
			Source: "R4, R6", Chart: Table, Dashboards: []string{Ombudsman},
			Measure: count(messages(Not(fChannel, ""), Is(fState, "marked"))), Split: Split{By: fChannel},
		},
		{
			ID:    "channel-proven",
			Title: Text{DA: "Bevist afleveret til en sikker kanal", EN: "Proven handed to a secure channel"},
			Help: Text{DA: "Udgående mails med en sikker kanals mærke, hvor loggen viser, at de blev afleveret til kanalen.",
				EN: "Outgoing mails with the mark of a secure channel, of which the log shows that they were handed to it."},
			Source: "R4, R6", Chart: Table, Dashboards: []string{Ombudsman},
			Measure: count(messages(Not(fChannel, ""), Is(fState, "proven"))), Split: Split{By: fChannel},
		},
	}
}
