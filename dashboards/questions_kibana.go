package dashboards

import (
	"postvagt/agent/event"
)

// Fields that only the dashboards in Kibana ask for.
const (
	fDelay  = "postvagt.delay"
	fCheck  = "postvagt.check"
	fNote   = "postvagt.note"
	fWhat   = "postvagt.what"
	fName   = "postvagt.name"
	fSource = "postvagt.source"
	fCount  = "postvagt.count"
)

// KibanaQuestions are those that only the dashboards in Kibana show. The agent's own pages and its metrics tell the same from
// where it is kept: the registers, the figures that were entered, the lists of the configuration.
func KibanaQuestions() []Question {
	var all []Question
	for _, part := range [][]Question{stock(), reportedMails(), measures(), newAndKnown(), latency(), lines()} {
		all = append(all, part...)
	}
	return all
}

// noted is a condition on notes.
func noted(kind string, more ...Term) Filter { return Filter{Is(fNote, kind)}.And(more...) }

func sumOf(of Filter) Measure { return Measure{Kind: Sum, Field: fCount, Of: of} }

func stock() []Question {
	return []Question{{
		ID:    "secure-mailboxes-stock",
		Title: Text{DA: "Sikre postkasser, der findes, pr. måned", EN: "Secure mailboxes in stock, by month"},
		Help: Text{DA: "Antal sikre postkasser den sidste dag i måneden, i den løbende måned i dag, brugt eller ej. En måned vises, når dens første dag ligger i perioden.",
			EN: "Secure mailboxes on the last day of the month, in the current month today, used or not. A month is shown when its first day lies in the period."},
		Source: "R5", Chart: Line, Dashboards: []string{Ombudsman}, Notes: true,
		Measure: sumOf(noted(event.NoteMailboxes)), Split: Split{By: ByTime, Every: "month"},
	}}
}

func reportedMails() []Question {
	q := Question{
		Help: Text{DA: "Oplyst, ikke målt: mails og breve ad andre veje, som nogen har indtastet pr. måned. De lægges aldrig sammen med de målte tal. En måned vises, når dens første dag ligger i perioden.",
			EN: "Reported, not measured: mail by other ways that somebody entered by month. It is never added to what is measured. A month is shown when its first day lies in the period."},
		Source: "R6", Dashboards: []string{Ombudsman}, Notes: true, Measure: sumOf(noted(event.NoteReported)),
	}
	return []Question{
		by(q, "reported-channels", fChannel, 25, Table, Text{DA: "Oplyst, ikke målt, efter kanal", EN: "Reported, not measured, by channel"}),
		by(q, "reported-departments", fDepartment, 0, Table, Text{DA: "Oplyst, ikke målt, efter afdeling", EN: "Reported, not measured, by department"}),
		by(q, "reported-sources", fSource, 25, Table, Text{DA: "Oplyst, ikke målt, efter kilde", EN: "Reported, not measured, by source"}),
		often(q, "reported-monthly", "month", Text{DA: "Oplyst, ikke målt, pr. måned", EN: "Reported, not measured, by month"}),
	}
}

func measures() []Question {
	return []Question{{
		ID:    "measures",
		Title: Text{DA: "Tiltag i perioden", EN: "Measures in the period"},
		Help: Text{DA: "Tiltag fra registeret efter art; de samme, som er mærket på kurverne. Hvad de hedder, står på agentens egne sider.",
			EN: "Measures of the register by kind, the same that are marked on the trends. What they are called stands on the agent's own pages."},
		Source: "R5", Chart: Table, Dashboards: []string{Ombudsman}, Notes: true,
		Measure: Measure{Kind: Count, Of: noted(event.NoteMeasure)}, Split: Split{By: fWhat},
	}}
}

func newAndKnown() []Question {
	var all []Question
	for _, of := range []struct {
		kind, id string
		who      Text
	}{
		{event.NoteOpenSender, "senders", Text{DA: "afsendere", EN: "senders"}},
		{event.NoteOpenRecipient, "recipients", Text{DA: "modtagere", EN: "recipients"}},
	} {
		fresh := Question{
			ID: "new-" + of.id, Title: Text{DA: "Nye " + of.who.DA, EN: "New " + of.who.EN},
			Help: Text{DA: "Hvor mange " + of.who.DA + " af ubeskyttede kopier der er set for første gang i en måned i perioden, så langt tilbage forsendelser er bevaret.",
				EN: "How many " + of.who.EN + " of unprotected copies were seen for the first time in a month of the period, as far back as transmissions are kept."},
			Source: "R9, R10", Chart: Figure, Dashboards: []string{Repeated}, Notes: true,
			Measure: Measure{Kind: Distinct, Field: fName, Of: noted(of.kind, Is(fWhat, event.NoteNew))},
		}
		known := fresh
		known.ID, known.Title = "known-"+of.id, Text{DA: "Kendte " + of.who.DA, EN: "Known " + of.who.EN}
		known.Help = Text{DA: "Hvor mange " + of.who.DA + " af ubeskyttede kopier der også er set i en tidligere måned. Samme en kan være ny i en måned og kendt i den næste.",
			EN: "How many " + of.who.EN + " of unprotected copies were also seen in a month before. The same one can be new in a month and known in the next."}
		known.Measure.Of = noted(of.kind, Is(fWhat, event.NoteKnown))
		all = append(all, fresh, known,
			often(fresh, "new-"+of.id+"-monthly", "month", Text{DA: "Nye " + of.who.DA + " pr. måned", EN: "New " + of.who.EN + " by month"}),
			often(known, "known-"+of.id+"-monthly", "month", Text{DA: "Kendte " + of.who.DA + " pr. måned", EN: "Known " + of.who.EN + " by month"}))
	}
	return all
}

// within are the spans up to one of event.Times, itself included.
func within(last string) (all []string) {
	for _, t := range event.Times() {
		all = append(all, t)
		if t == last {
			break
		}
	}
	return all
}

func latency() []Question {
	delivered, checked := Filter{Not(fDelay, "")}, Filter{Is(fFirst, "true"), Not(fCheck, "")}
	quick := Question{
		ID:    "delivered-quickly",
		Title: Text{DA: "Afleveret inden for et minut", EN: "Delivered within a minute"},
		Help: Text{DA: "Af alle afleverede forsendelser, der ikke blev tilbageholdt: dem, hvor der gik under et minut fra modtagelse til aflevering.",
			EN: "Of all delivered transmissions that were not held: those that took less than a minute from reception to delivery."},
		Source: "R8", Chart: Figure, Dashboards: []string{Operations}, Beside: []string{"deferred", "no-outcome"},
		Measure: ratio(delivered, Is(fDelay, within("under-1m")...)),
	}
	quicklyChecked := Question{
		ID:    "checked-quickly",
		Title: Text{DA: "Vurderet inden for et sekund", EN: "Judged within a second"},
		Help: Text{DA: "Af alle vurderede mails: dem, hvor vurderingen tog under et sekund.",
			EN: "Of all mails that were judged: those whose judgement took less than a second."},
		Source: "R8", Chart: Figure, Dashboards: []string{Operations}, Beside: []string{"unjudged-daily"},
		Measure: ratio(checked, Is(fCheck, within("under-1s")...)),
	}
	delays, checks := quick, quicklyChecked
	delays.Help = Text{DA: "Afleverede forsendelser, der ikke blev tilbageholdt, efter tiden fra modtagelse til aflevering.",
		EN: "Delivered transmissions that were not held, by the time from reception to delivery."}
	delays.Measure, delays.Beside = count(delivered), nil
	checks.Help = Text{DA: "Vurderede mails efter den tid, vurderingen tog.", EN: "Judged mails by the time that the judgement took."}
	checks.Measure, checks.Beside = count(checked), nil
	return []Question{
		quick,
		quicklyChecked,
		by(delays, "delays", fDelay, 0, Bar, Text{DA: "Tid fra modtagelse til aflevering", EN: "Time from reception to delivery"}),
		by(checks, "checks", fCheck, 0, Bar, Text{DA: "Tid til vurderingen", EN: "Time of the judgement"}),
		often(quick, "delivered-quickly-daily", "day", Text{DA: "Afleveret inden for et minut, dag for dag", EN: "Delivered within a minute, day by day"}),
	}
}

func lines() []Question {
	lost := Question{
		ID:    "lost-lines",
		Title: Text{DA: "Tabte loglinjer", EN: "Lost log lines"},
		Help: Text{DA: "Linjer, som logsystemet tabte, før de kunne læses. Tallene for den tid er ufuldstændige.",
			EN: "Lines that the log system dropped before they could be read. The figures of that time are incomplete."},
		Source: "R8", Chart: Figure, Dashboards: []string{Operations}, Notes: true, Measure: sumOf(noted(event.NoteLostLines)),
	}
	unknown := Question{
		Help: Text{DA: "Linjer i loggen, som ikke blev forstået, efter den dag de blev læst.",
			EN: "Lines of the log that were not understood, by the day on which they were read."},
		Source: "R8", Dashboards: []string{Operations}, Notes: true, Measure: sumOf(noted(event.NoteUnknownLines)),
	}
	lag := Question{
		Help:   Text{DA: "Hvor langt læsningen af loggen højst var bagud den dag, i sekunder.", EN: "How far reading of the log was behind at most on that day, in seconds."},
		Source: "R8", Dashboards: []string{Operations}, Notes: true, Measure: sumOf(noted(event.NoteLag)),
	}
	return []Question{
		lost,
		often(lag, "lag-daily", "day", Text{DA: "Største efterslæb pr. dag, sekunder", EN: "Largest lag by day, seconds"}),
		often(lost, "lost-lines-daily", "day", Text{DA: "Tabte loglinjer pr. dag", EN: "Lost log lines by day"}),
		by(lost, "lost-lines-sources", fName, 25, Table, Text{DA: "Tabte loglinjer efter kilde", EN: "Lost log lines by source"}),
		often(unknown, "unknown-lines-daily", "day", Text{DA: "Loglinjer, der ikke blev forstået, pr. dag", EN: "Log lines not understood, by day"}),
		by(unknown, "unknown-lines-programs", fName, 25, Table, Text{DA: "Loglinjer, der ikke blev forstået, efter program", EN: "Log lines not understood, by program"}),
	}
}
