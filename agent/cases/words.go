package cases

// words are the texts of the drafts in one language.
type words struct {
	notification, notice, toController, mark, noMail    string
	caseNumber, phase, controller, processor, addressee string
	happened, aware, awareReason                        string
	breachType, confidentiality, availability           string
	risk, persons                                       string
	estimate, notYet, toFill                            string
	willTell, notTold                                   string
	intro, complain, complainTo                         string

	items   map[Item]string
	levels  map[Level]string
	grounds map[Ground]string
	ways    map[Way]string
	types   map[BreachType]string
}

func wordsIn(lang string) *words {
	switch lang {
	case "da":
		return danish()
	case "nb", "nn", "no":
		return norwegian()
	case "sv":
		return swedish()
	}
	return english()
}

func danish() *words {
	return &words{
		notification: "Anmeldelse af brud på persondatasikkerheden", notice: "Underretning om brud på persondatasikkerheden",
		toController: "Underretning af den dataansvarlige om brud på persondatasikkerheden",
		mark:         "Udkast, ikke juridisk rådgivning.", noMail: "Sendes med Digital Post eller brev, aldrig med almindelig e-mail.",
		caseNumber: "Sagsnummer", phase: "del %d", controller: "Dataansvarlig", processor: "Databehandler", addressee: "Til",
		happened: "Hvornår skete bruddet", aware: "Hvornår blev vi bekendt med bruddet", awareReason: "Begrundelse for tidspunktet",
		breachType: "Type af brud", confidentiality: "Fortrolighed: oplysninger er sendt eller set uden tilstrækkelig beskyttelse",
		availability: "Tilgængelighed: oplysninger gik tabt eller udløb, mens de var tilbageholdt hos os",
		types:        map[BreachType]string{Confidentiality: "Fortrolighed", Integrity: "Integritet", Availability: "Tilgængelighed"},
		risk:         "Vurderet risiko", persons: "Underretning af de registrerede",
		estimate: "skøn", notYet: "Ikke kendt endnu, fordi %s. Eftersendes senest %s.", toFill: "[skal udfyldes]",
		willTell: "De registrerede underrettes.", notTold: "De registrerede er ikke underrettet.",
		intro:    "%s skriver til dig, fordi der er sket et brud på sikkerheden for dine personoplysninger.",
		complain: "Hvis du vil klage", complainTo: "Du kan klage til Datatilsynet.",
		items: map[Item]string{Nature: "Karakteren af bruddet", PersonKinds: "Kategorier af registrerede", PersonNumber: "Antal berørte registrerede",
			DataKinds: "Kategorier af personoplysninger", RecordNumber: "Antal berørte registreringer af personoplysninger",
			DPO: "Databeskyttelsesrådgiverens navn og kontaktoplysninger", Consequences: "Sandsynlige konsekvenser", Measures: "Foranstaltninger, der er truffet eller foreslås",
			NoticeNature: "Hvad er der sket", NoticeEffects: "Hvad kan det betyde for dig", NoticeMeasures: "Hvad vi gør, og hvad du selv kan gøre",
			LateReason: "Hvorfor er anmeldelsen sket senere end 72 timer"},
		levels: map[Level]string{Unassessed: "[skal vurderes]", NoRisk: "Ingen risiko", Risk: "Risiko", HighRisk: "Høj risiko"},
		grounds: map[Ground]string{Unintelligible: "Undtaget efter art. 34, stk. 3, litra a (oplysningerne var uforståelige for uvedkommende):",
			Averted: "Undtaget efter art. 34, stk. 3, litra b (den høje risiko er ikke længere reel):", Disproportionate: "Undtaget efter art. 34, stk. 3, litra c (offentlig meddelelse i stedet):"},
		ways: map[Way]string{DigitalPost: "Digital Post", Letter: "brev", InPerson: "personligt", Public: "offentlig meddelelse"},
	}
}

func norwegian() *words {
	return &words{
		notification: "Melding om brudd på personopplysningssikkerheten", notice: "Underretning om brudd på personopplysningssikkerheten",
		toController: "Underretning av den behandlingsansvarlige om brudd på personopplysningssikkerheten",
		mark:         "Utkast, ikke juridisk rådgivning.", noMail: "Sendes med digital postkasse eller brev, aldri med vanlig e-post.",
		caseNumber: "Saksnummer", phase: "del %d", controller: "Behandlingsansvarlig", processor: "Databehandler", addressee: "Til",
		happened: "Når skjedde bruddet", aware: "Når fikk vi kjennskap til bruddet", awareReason: "Begrunnelse for tidspunktet",
		breachType: "Type brudd", confidentiality: "Konfidensialitet: opplysninger er sendt eller sett uten tilstrekkelig vern",
		availability: "Tilgjengelighet: opplysninger gikk tapt eller utløp mens de var holdt tilbake hos oss",
		types:        map[BreachType]string{Confidentiality: "Konfidensialitet", Integrity: "Integritet", Availability: "Tilgjengelighet"},
		risk:         "Vurdert risiko", persons: "Underretning av de registrerte",
		estimate: "anslag", notYet: "Ikke kjent ennå, fordi %s. Ettersendes senest %s.", toFill: "[må fylles ut]",
		willTell: "De registrerte blir underrettet.", notTold: "De registrerte er ikke underrettet.",
		intro:    "%s skriver til deg fordi det har skjedd et brudd på sikkerheten for personopplysningene dine.",
		complain: "Hvis du vil klage", complainTo: "Du kan klage til Datatilsynet.",
		items: map[Item]string{Nature: "Arten av bruddet", PersonKinds: "Kategorier av registrerte", PersonNumber: "Antall berørte registrerte",
			DataKinds: "Kategorier av personopplysninger", RecordNumber: "Antall berørte registreringer av personopplysninger",
			DPO: "Personvernombudets navn og kontaktopplysninger", Consequences: "Sannsynlige konsekvenser", Measures: "Tiltak som er truffet eller foreslås",
			NoticeNature: "Hva har skjedd", NoticeEffects: "Hva kan det bety for deg", NoticeMeasures: "Hva vi gjør, og hva du selv kan gjøre",
			LateReason: "Hvorfor meldes det senere enn 72 timer"},
		levels: map[Level]string{Unassessed: "[må vurderes]", NoRisk: "Ingen risiko", Risk: "Risiko", HighRisk: "Høy risiko"},
		grounds: map[Ground]string{Unintelligible: "Unntatt etter art. 34 nr. 3 bokstav a (opplysningene var uforståelige for uvedkommende):",
			Averted: "Unntatt etter art. 34 nr. 3 bokstav b (den høye risikoen er ikke lenger reell):", Disproportionate: "Unntatt etter art. 34 nr. 3 bokstav c (offentlig kunngjøring i stedet):"},
		ways: map[Way]string{DigitalPost: "digital postkasse", Letter: "brev", InPerson: "personlig", Public: "offentlig kunngjøring"},
	}
}

func swedish() *words {
	return &words{
		notification: "Anmälan av personuppgiftsincident", notice: "Information om personuppgiftsincident",
		toController: "Underrättelse till den personuppgiftsansvarige om personuppgiftsincident",
		mark:         "Utkast, inte juridisk rådgivning.", noMail: "Skickas med digital brevlåda eller brev, aldrig med vanlig e-post.",
		caseNumber: "Ärendenummer", phase: "del %d", controller: "Personuppgiftsansvarig", processor: "Personuppgiftsbiträde", addressee: "Till",
		happened: "När inträffade incidenten", aware: "När fick vi vetskap om incidenten", awareReason: "Motivering till tidpunkten",
		breachType: "Typ av incident", confidentiality: "Konfidentialitet: uppgifter har skickats eller setts utan tillräckligt skydd",
		availability: "Tillgänglighet: uppgifter gick förlorade eller löpte ut medan de hölls kvar hos oss",
		types:        map[BreachType]string{Confidentiality: "Konfidentialitet", Integrity: "Riktighet", Availability: "Tillgänglighet"},
		risk:         "Bedömd risk", persons: "Information till de registrerade",
		estimate: "uppskattning", notYet: "Inte känt ännu, eftersom %s. Kompletteras senast %s.", toFill: "[ska fyllas i]",
		willTell: "De registrerade informeras.", notTold: "De registrerade har inte informerats.",
		intro:    "%s skriver till dig eftersom det har inträffat en incident som rör dina personuppgifter.",
		complain: "Om du vill klaga", complainTo: "Du kan lämna ett klagomål till Integritetsskyddsmyndigheten.",
		items: map[Item]string{Nature: "Incidentens art", PersonKinds: "Kategorier av registrerade", PersonNumber: "Antal berörda registrerade",
			DataKinds: "Kategorier av personuppgifter", RecordNumber: "Antal berörda personuppgiftsposter",
			DPO: "Dataskyddsombudets namn och kontaktuppgifter", Consequences: "Sannolika konsekvenser", Measures: "Åtgärder som har vidtagits eller föreslås",
			NoticeNature: "Vad har hänt", NoticeEffects: "Vad kan det innebära för dig", NoticeMeasures: "Vad vi gör och vad du själv kan göra",
			LateReason: "Varför anmäls incidenten senare än 72 timmar"},
		levels: map[Level]string{Unassessed: "[ska bedömas]", NoRisk: "Ingen risk", Risk: "Risk", HighRisk: "Hög risk"},
		grounds: map[Ground]string{Unintelligible: "Undantag enligt art. 34.3 a (uppgifterna var oläsbara för obehöriga):",
			Averted: "Undantag enligt art. 34.3 b (den höga risken finns sannolikt inte längre):", Disproportionate: "Undantag enligt art. 34.3 c (allmänheten informeras i stället):"},
		ways: map[Way]string{DigitalPost: "digital brevlåda", Letter: "brev", InPerson: "personligen", Public: "information till allmänheten"},
	}
}

func english() *words {
	return &words{
		notification: "Notification of a personal data breach", notice: "Notice of a personal data breach",
		toController: "Notice to the controller of a personal data breach",
		mark:         "Draft, not legal advice.", noMail: "To be sent by digital post or letter, never by open e-mail.",
		caseNumber: "Case", phase: "phase %d", controller: "Controller", processor: "Processor", addressee: "To",
		happened: "When the breach happened", aware: "When we became aware of it", awareReason: "Reason for that time",
		breachType: "Type of breach", confidentiality: "Confidentiality: data was sent or seen without sufficient protection",
		availability: "Availability: data was lost or expired while we held it",
		types:        map[BreachType]string{Confidentiality: "Confidentiality", Integrity: "Integrity", Availability: "Availability"},
		risk:         "Risk as assessed", persons: "Notice to the data subjects",
		estimate: "estimate", notYet: "Not known yet, because %s. To follow by %s.", toFill: "[to be filled in]",
		willTell: "The data subjects will be told.", notTold: "The data subjects have not been told.",
		intro:    "%s writes to you because the security of your personal data was breached.",
		complain: "If you want to complain", complainTo: "You can complain to the supervisory authority.",
		items: map[Item]string{Nature: "Nature of the breach", PersonKinds: "Categories of data subjects", PersonNumber: "Number of data subjects",
			DataKinds: "Categories of personal data", RecordNumber: "Number of records of personal data",
			DPO: "Name and contact of the data protection officer", Consequences: "Likely consequences", Measures: "Measures taken or proposed",
			NoticeNature: "What happened", NoticeEffects: "What it can mean for you", NoticeMeasures: "What we do, and what you can do",
			LateReason: "Why it is notified later than 72 hours"},
		levels: map[Level]string{Unassessed: "[to be assessed]", NoRisk: "No risk", Risk: "Risk", HighRisk: "High risk"},
		grounds: map[Ground]string{Unintelligible: "Exempt under Art. 34(3)(a) (unintelligible to others):",
			Averted: "Exempt under Art. 34(3)(b) (the high risk is unlikely to materialise any more):", Disproportionate: "Exempt under Art. 34(3)(c) (public communication instead):"},
		ways: map[Way]string{DigitalPost: "digital post", Letter: "letter", InPerson: "in person", Public: "public communication"},
	}
}
