package register

// paperWords are the texts of the register as a document, in Danish or English.
func paperWords(lang string) map[string]string {
	if lang == "da" {
		return map[string]string{
			"title": "Fortegnelse over brud på persondatasikkerheden", "mark": "Databeskyttelsesforordningens art. 33, stk. 5. Nyeste post: %s",
			"erased": "Slettet efter opbevaringstiden den %s.", "role": "Rolle", "role-controller": "dataansvarlig", "role-processor": "databehandler",
			"aware": "Bekendt med bruddet", "clock": "Frist", "risk": "Risiko", "risk-": "ikke vurderet", "risk-none": "ingen risiko", "risk-risk": "risiko", "risk-high": "høj risiko",
			"clock-unstarted": "ikke begyndt", "clock-running": "løber", "clock-overdue": "overskredet", "clock-in-time": "anmeldt inden for 72 timer", "clock-too-late": "anmeldt for sent",
			"clock-not-required": "anmeldelse ikke påkrævet", "clock-no-limit": "uden unødig forsinkelse (databehandler)", "not-yet": "Ikke kendt endnu, fordi %s; senest %s",
			"reported": "Anmeldt til tilsynsmyndigheden", "told": "De registrerede underrettet", "opened": "Oprettet", "signal": "Tegn på bruddet", "signal-triage": "mailen blev vurderet", "signal-sent": "mailen blev sendt",
			"signal-lost": "den tilbageholdte mail gik tabt eller udløb", "signal-opened": "sagen blev oprettet", "aware-why": "Begrundelse for tidspunktet", "type": "Type af brud", "type-confidentiality": "fortrolighed", "type-integrity": "integritet", "type-availability": "tilgængelighed", "assessed": "Vurdering af risikoen",
			"assessment": "%[1]s · %[2]s: %[3]s. Alvor %[4]d af 4, sandsynlighed %[5]d af 4. Konsekvenser: %[6]s. Begrundelse: %[7]s", "all": "alle berørte", "persons": "%d personer",
			"dpo": "Databeskyttelsesrådgiveren inddraget", "advice": "Databeskyttelsesrådgiverens råd", "exempt": "Undtagelse fra at underrette", "fallen": "Gælder ikke længere: en mail, der siden kom i sagen, er ikke bevist krypteret.",
			"order": "Myndighedens påbud om underretning", "estimate": "%s (skøn)", "final": "intet mere følger", "contact": "Den dataansvarlige", "informed": "Den dataansvarlige underrettet",
			"incident": "Mail i sagen", "file": "Kvittering eller bevis", "closed": "Lukket", "entries": "Antal poster i sagen",
			"processors": "Egne databehandlere", "instructed": "Instrueret %s · %s", "not-instructed": "Ikke instrueret endnu", "none": "Ingen er skrevet ind.",
		}
	}
	return map[string]string{
		"title": "Register of personal data breaches", "mark": "GDPR Art. 33(5). Newest record: %s",
		"erased": "Erased after its time of keeping on %s.", "role": "Role", "role-controller": "controller", "role-processor": "processor",
		"aware": "Aware of the breach", "clock": "Limit", "risk": "Risk", "risk-": "not assessed", "risk-none": "no risk", "risk-risk": "risk", "risk-high": "high risk",
		"clock-unstarted": "not begun", "clock-running": "running", "clock-overdue": "overdue", "clock-in-time": "notified within 72 hours", "clock-too-late": "notified too late",
		"clock-not-required": "notification not required", "clock-no-limit": "without undue delay (processor)", "not-yet": "Not known yet, because %s; by %s",
		"reported": "Notified to the supervisory authority", "told": "Data subjects told", "opened": "Opened", "signal": "Sign of the breach", "signal-triage": "the mail was judged", "signal-sent": "the mail was sent",
		"signal-lost": "the held mail was lost or expired", "signal-opened": "the case was opened", "aware-why": "Reason for that time", "type": "Type of breach", "type-confidentiality": "confidentiality", "type-integrity": "integrity", "type-availability": "availability", "assessed": "Assessment of the risk",
		"assessment": "%[1]s · %[2]s: %[3]s. Severity %[4]d of 4, likelihood %[5]d of 4. Consequences: %[6]s. Reason: %[7]s", "all": "all affected", "persons": "%d persons",
		"dpo": "Data protection officer involved", "advice": "Advice of the data protection officer", "exempt": "Exemption from telling them", "fallen": "No longer holds: a mail that came into the case since is not proven to be encrypted.",
		"order": "The authority's order to tell them", "estimate": "%s (estimate)", "final": "nothing more follows", "contact": "The controller", "informed": "Controller informed",
		"incident": "Mail of the case", "file": "Receipt or proof", "closed": "Closed", "entries": "Entries in the case",
		"processors": "Our own processors", "instructed": "Instructed %s · %s", "not-instructed": "Not instructed yet", "none": "None is entered.",
	}
}
