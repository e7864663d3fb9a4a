package dashboards

// Fields of a single transmission, a message to one recipient.
const (
	fCopyDirection = "email.direction"
	fCopyLeft      = "postvagt.left"
	fCopyProtected = "postvagt.protected"
	fCopyOutcome   = "postvagt.outcome"
	fTransport     = "postvagt.transport"
	fRelay         = "postvagt.relay"
	fToDomain      = "postvagt.to_domain"
	fSender        = "email.from.address"
	fRecipient     = "email.to.address"
	fPromise       = "postvagt.promise"
	fTLSVersion    = "tls.version"
	fTLSCipher     = "tls.cipher"
	fFinding       = "postvagt.finding"
	fHost          = "host.name"
	fFinal         = "postvagt.final"
	fSize          = "postvagt.size"
)

// copies are single transmissions that left the house.
func copies(more ...Term) Filter {
	return Filter{Is(fCopyDirection, "outbound"), Is(fCopyLeft, "true")}.And(more...)
}

// OpenCopies are the transmissions that are told as repeated open mail: those with recognised data that left without being protected.
func OpenCopies(more ...Term) Filter {
	return copies(Is(fLevel, "confidential", "sensitive"), Not(fCopyProtected, "yes", "unknown")).And(more...)
}

// by divides a figure by a field.
func by(q Question, id, field string, top int, chart Chart, title Text) Question {
	q.ID, q.Title, q.Chart, q.Split = id, title, chart, Split{By: field, Top: top}
	return q
}

// often turns a figure into its trend by day or month.
func often(q Question, id, every string, title Text) Question {
	q.ID, q.Title, q.Chart, q.Split = id, title, Line, Split{By: ByTime, Every: every}
	return q
}

func trends() []Question {
	var all []Question
	for _, t := range []struct {
		of, id string
		title  Text
	}{
		{"unseen", "unseen-weekly", Text{DA: "Indholdet kunne ikke ses, uge for uge", EN: "Content could not be seen, week by week"}},
		{"not-judged", "not-judged-weekly", Text{DA: "Ikke vurderet, uge for uge", EN: "Not judged, week by week"}},
	} {
		for _, q := range notSeen() {
			if q.ID == t.of {
				all = append(all, weekly(q, t.id, t.title))
			}
		}
	}
	proven := Question{
		Help: Text{DA: "Udgående mails, som loggen viser, at en sikker kanal har modtaget.",
			EN: "Outgoing mails of which the log shows that a secure channel took them."},
		Source: "R4, R6", Dashboards: []string{Ombudsman}, Measure: count(messages(Not(fChannel, ""), Is(fState, "proven"))),
	}
	boxes := Question{
		Help: Text{DA: "Antal forskellige sikre postkasser, der sendte eller modtog mindst én mail i måneden.",
			EN: "How many different secure mailboxes sent or received at least one mail in the month."},
		Source: "R5", Dashboards: []string{Ombudsman}, Measure: Measure{Kind: Distinct, Field: fMailbox},
	}
	return append(all,
		often(proven, "channel-proven-monthly", "month", Text{DA: "Bevist afleveret til en sikker kanal, pr. måned", EN: "Proven handed to a secure channel, by month"}),
		often(boxes, "secure-mailboxes-monthly", "month", Text{DA: "Sikre postkasser i brug, pr. måned", EN: "Secure mailboxes in use, by month"}))
}

func objections() Question {
	return Question{
		ID:    "after-objection",
		Title: Text{DA: "Til borgere, der har frabedt sig åben e-mail", EN: "To persons who objected to open e-mail"},
		Help: Text{DA: "Forsendelser med følsomme eller fortrolige oplysninger til eller om en borger, der har frabedt sig åben e-mail, efter hvad der blev af dem.",
			EN: "Transmissions with sensitive or confidential data to or about a person who objected to open e-mail, by what became of them."},
		Source: "R9", Chart: Bar, Dashboards: []string{Incidents}, Split: Split{By: fCopyOutcome},
		Measure: count(Filter{Is(fCopyDirection, "outbound"), Is(fLevel, "confidential", "sensitive"), Is(fObjection, "true")}),
	}
}

func openMails() Question {
	return Question{
		ID:    "open-mails",
		Title: Text{DA: "Genkendte mails sendt ubeskyttet", EN: "Recognised mails that left unprotected"},
		Help: Text{DA: "Mails med følsomme eller fortrolige oplysninger, hvor mindst én kopi forlod huset uden beskyttelse.",
			EN: "Mails with sensitive or confidential data of which at least one copy left without protection."},
		Source: "R8, GDPR Art. 32", Chart: Figure, Dashboards: []string{Incidents, Repeated},
		Measure: count(recognised(Is(fLeft, "true"), Is(fProtected, "no"))),
	}
}

func incidents() []Question {
	week, department, kinds := openMails(), openMails(), openMails()
	week.Dashboards, department.Dashboards, kinds.Dashboards = []string{Incidents}, []string{Incidents, Repeated}, []string{Incidents}
	return []Question{
		objections(),
		openMails(),
		weekly(week, "open-mails-weekly", Text{DA: "Genkendte mails sendt ubeskyttet, uge for uge", EN: "Recognised mails that left unprotected, week by week"}),
		byDepartment(department, "open-mails-departments", Text{DA: "Genkendte mails sendt ubeskyttet efter afdeling", EN: "Recognised mails that left unprotected by department"}),
		by(kinds, "open-mails-kinds", fKinds, 0, Bar, Text{DA: "Hvad der blev sendt ubeskyttet", EN: "What left unprotected"}),
		{
			ID:    "findings",
			Title: Text{DA: "Mails uden om kontrollen eller uden spor", EN: "Mails past the check or without a trace"},
			Help: Text{DA: "Forsendelser, hvor vurdering og log ikke passer sammen: gået uden om kontrollen, ikke vurderet, afleveret et andet sted, eller uden linjer i loggen.",
				EN: "Transmissions whose judgement and log do not fit: past the check, not judged, delivered elsewhere, or without lines in the log."},
			Source: "R8", Chart: Table, Dashboards: []string{Incidents, Operations}, Split: Split{By: fFinding},
			Measure: count(Filter{Not(fFinding, "")}),
		},
	}
}

func openTransmissions() Question {
	return Question{
		ID:    "open-copies",
		Title: Text{DA: "Kopier sendt ubeskyttet", EN: "Copies that left unprotected"},
		Help: Text{DA: "Forsendelser med følsomme eller fortrolige oplysninger til én modtager, som forlod huset uden beskyttelse hele vejen. Uvisse tæller ikke med her.",
			EN: "Transmissions with sensitive or confidential data to one recipient that left without protection all the way. Unknown ones do not count here."},
		Source: "R9, R10", Chart: Figure, Dashboards: []string{Repeated}, Measure: count(OpenCopies()),
	}
}

func repeated() []Question {
	different := func(id, field string, title, help Text) Question {
		return Question{ID: id, Title: title, Help: help, Source: "R9, R10", Chart: Figure, Dashboards: []string{Repeated},
			Measure: Measure{Kind: Distinct, Field: field, Of: OpenCopies()}}
	}
	return []Question{
		openTransmissions(),
		different("open-senders", fSender, Text{DA: "Forskellige afsendere", EN: "Different senders"},
			Text{DA: "Hvor mange forskellige afsendere der står bag kopierne. Over 3.000 er tallet i Kibana omtrentligt.",
				EN: "How many different senders stand behind these copies. Above 3,000 the figure in Kibana is approximate."}),
		different("open-recipients", fRecipient, Text{DA: "Forskellige modtagere", EN: "Different recipients"},
			Text{DA: "Hvor mange forskellige modtagere kopierne gik til. Over 3.000 er tallet i Kibana omtrentligt.",
				EN: "How many different recipients these copies went to. Above 3,000 the figure in Kibana is approximate."}),
		by(openTransmissions(), "repeat-senders", fSender, 20, Table, Text{DA: "Gentagne åbne mails efter afsender", EN: "Repeated open mail by sender"}),
		by(openTransmissions(), "repeat-recipients", fRecipient, 20, Table, Text{DA: "Gentagne åbne mails efter modtager", EN: "Repeated open mail by recipient"}),
		by(openTransmissions(), "repeat-domains", fToDomain, 20, Table, Text{DA: "Gentagne åbne mails efter modtagerens domæne", EN: "Repeated open mail by recipient domain"}),
		weekly(openTransmissions(), "open-copies-weekly", Text{DA: "Kopier sendt ubeskyttet, uge for uge", EN: "Copies that left unprotected, week by week"}),
	}
}

func encrypted() Question {
	return Question{
		ID:    "encrypted",
		Title: Text{DA: "Sendt over krypteret forbindelse", EN: "Left by an encrypted connection"},
		Help: Text{DA: "Af alle kopier, der forlod huset: dem, hvor loggen viser en krypteret forbindelse til næste led. Uvisse tæller ikke som krypterede.",
			EN: "Of all copies that left: those for which the log shows an encrypted connection to the next hop. Unknown ones do not count as encrypted."},
		Source: "R1, R15", Chart: Figure, Dashboards: []string{Transport}, Beside: []string{"transport-unknown"},
		Measure: ratio(copies(), Is(fTransport, "verified", "encrypted", "to-relay")),
	}
}

func plaintext() Question {
	return Question{
		ID:    "plaintext",
		Title: Text{DA: "Sendt uden kryptering", EN: "Left without encryption"},
		Help: Text{DA: "Kopier, der forlod huset over en ukrypteret forbindelse, uanset indhold.",
			EN: "Copies that left by a connection without encryption, whatever they hold."},
		Source: "R1", Chart: Figure, Dashboards: []string{Transport}, Measure: count(copies(Is(fTransport, "plaintext"))),
	}
}

func copiesThatLeft() Question {
	return Question{
		ID:    "copies",
		Title: Text{DA: "Kopier sendt ud af huset", EN: "Copies that left"},
		Help: Text{DA: "Afleverede kopier til modtagere uden for organisationen. En mail til tre modtagere er tre kopier.",
			EN: "Copies delivered to recipients outside the organisation. A mail to three recipients is three copies."},
		Source: "R1", Chart: Figure, Dashboards: []string{Transport}, Measure: count(copies()),
	}
}

func transport() []Question {
	left := copiesThatLeft()
	return []Question{
		left,
		encrypted(),
		plaintext(),
		{
			ID:    "transport-unknown",
			Title: Text{DA: "Forbindelse uvis", EN: "Connection unknown"},
			Help: Text{DA: "Kopier, der forlod huset, uden at loggen viser forbindelsen.",
				EN: "Copies that left without the log showing their connection."},
			Source: "R1", Chart: Figure, Dashboards: []string{Transport}, Measure: count(copies(Not(fTransport, "verified", "encrypted", "to-relay", "plaintext", "local"))),
		},
		by(left, "transports", fTransport, 0, Bar, Text{DA: "Kopier efter forbindelse", EN: "Copies by connection"}),
		by(left, "promises", fPromise, 0, Bar, Text{DA: "Kopier efter, hvad der var ventet", EN: "Copies by what was expected"}),
		weekly(encrypted(), "encrypted-weekly", Text{DA: "Sendt over krypteret forbindelse, uge for uge", EN: "Left by an encrypted connection, week by week"}),
		by(encrypted(), "encrypted-relays", fRelay, 25, Table, Text{DA: "Krypteret efter næste led", EN: "Encrypted by next hop"}),
		by(encrypted(), "encrypted-domains", fToDomain, 25, Table, Text{DA: "Krypteret efter modtagerens domæne", EN: "Encrypted by recipient domain"}),
		by(plaintext(), "plaintext-domains", fToDomain, 25, Table, Text{DA: "Domæner uden kryptering", EN: "Domains without encryption"}),
		by(left, "tls-versions", fTLSVersion, 10, Table, Text{DA: "Kopier efter TLS-version", EN: "Copies by TLS version"}),
		by(left, "tls-ciphers", fTLSCipher, 15, Table, Text{DA: "Kopier efter krypteringsmetode", EN: "Copies by cipher"}),
	}
}

func operations() []Question {
	all := Question{
		ID:    "transmissions",
		Title: Text{DA: "Forsendelser", EN: "Transmissions"},
		Help: Text{DA: "Alle forsendelser, indgående, interne og udgående: en mail til én modtager.",
			EN: "All transmissions, incoming, internal and outgoing: a mail to one recipient."},
		Source: "R8", Chart: Figure, Dashboards: []string{Operations}, Measure: count(nil),
	}
	failing := func(id, outcome string, title, help Text) Question {
		return Question{ID: id, Title: title, Help: help, Source: "R8", Chart: Figure, Dashboards: []string{Operations}, Measure: count(Filter{Is(fCopyOutcome, outcome)})}
	}
	size := all
	size.Help = Text{DA: "Samlet størrelse af forsendelserne i byte.", EN: "Size of the transmissions together, in bytes."}
	size.Measure = Measure{Kind: Sum, Field: fSize}
	unjudged := all
	unjudged.Help = Text{DA: "Forsendelser, som ikke blev vurderet.", EN: "Transmissions that were not judged."}
	unjudged.Measure = count(Filter{Is(fLevel, "unknown")})
	return []Question{
		all,
		{
			ID: "unfinished", Title: Text{DA: "Uden udfald endnu", EN: "Without an end yet"},
			Help:   Text{DA: "Forsendelser, der endnu er på vej eller holdes tilbage.", EN: "Transmissions that are still on their way, or held."},
			Source: "R8", Chart: Figure, Dashboards: []string{Operations}, Measure: count(Filter{Is(fFinal, "false")}),
		},
		failing("deferred", "deferred", Text{DA: "Forsinket", EN: "Delayed"}, Text{DA: "Forsendelser, som modtagerens server ikke tog imod endnu.", EN: "Transmissions that the recipient's server has not taken yet."}),
		failing("bounced", "bounced", Text{DA: "Afvist af modtagerens server", EN: "Refused by the recipient's server"}, Text{DA: "Forsendelser, som modtagerens server afviste.", EN: "Transmissions that the recipient's server refused."}),
		failing("no-outcome", "unknown", Text{DA: "Udfald uvist, alle mails", EN: "Outcome unknown, all mails"}, Text{DA: "Forsendelser, hvis udfald loggen ikke viser.", EN: "Transmissions whose outcome the log does not show."}),
		often(all, "transmissions-daily", "day", Text{DA: "Forsendelser pr. dag", EN: "Transmissions by day"}),
		often(unjudged, "unjudged-daily", "day", Text{DA: "Ikke vurderet pr. dag", EN: "Not judged by day"}),
		often(size, "size-daily", "day", Text{DA: "Størrelse pr. dag", EN: "Size by day"}),
		by(all, "outcomes", fCopyOutcome, 0, Bar, Text{DA: "Forsendelser efter udfald", EN: "Transmissions by outcome"}),
		by(all, "hosts", fHost, 25, Table, Text{DA: "Forsendelser efter server", EN: "Transmissions by server"}),
		by(unjudged, "unjudged-hosts", fHost, 25, Table, Text{DA: "Ikke vurderet efter server", EN: "Not judged by server"}),
	}
}
