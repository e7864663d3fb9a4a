package cases

import "fmt"

// Refusal says which field of a change is at fault and why.
type Refusal struct {
	Field  string
	format string
	args   []any
}

func refuse(field, format string, args ...any) error {
	return &Refusal{Field: field, format: format, args: args}
}

func (r *Refusal) Error() string { return r.Field + ": " + r.Text("en") }

// Text is the reason in Danish ("da") or English.
func (r *Refusal) Text(lang string) string {
	format := r.format
	if da, ok := refusalsDanish()[format]; ok && lang == "da" {
		format = da
	}
	return fmt.Sprintf(format, r.args...)
}

// refusalsDanish translates the formats of all refusals; a test holds that none is missing.
func refusalsDanish() map[string]string {
	return map[string]string{
		"%d bytes; at most %d": "%d bytes; højst %d",
		"%d is not 1 to 4":     "%d er ikke 1 til 4",
		"%d persons":           "%d personer",
		"%q is not a point of the notification or the notice":                         "%q er ikke et punkt i anmeldelsen eller underretningen",
		"%q is not one of confidentiality, integrity, availability":                   "%q er ikke confidentiality, integrity eller availability",
		"say of which type the breach is":                                             "skriv hvilken type bruddet er",
		"%q is not one of controller, processor":                                      "%q er ikke controller eller processor",
		"%q is not one of digital-post, letter, in-person, public; never open e-mail": "%q er ikke digital-post, letter, in-person eller public; aldrig åben mail",
		"%q is not one of false-alarm, rule-broken, breach":                           "%q er ikke false-alarm, rule-broken eller breach",
		"%q is not one of none, risk, high":                                           "%q er ikke none, risk eller high",
		"%q is not one of stated, estimate, not-yet":                                  "%q er ikke stated, estimate eller not-yet",
		"%q is not one of unintelligible, averted, disproportionate":                  "%q er ikke unintelligible, averted eller disproportionate",
		"%s is closed: open it again first, with a reason":                            "%s er lukket: genåbn den først, med en begrundelse",
		"%s is in the case already":                                                   "%s er allerede i sagen",
		"%s is open":                                                                  "%s er åben",
		"Art. 34(3)(c) asks for a public communication instead: say where and when":   "art. 34, stk. 3, litra c kræver en offentlig meddelelse i stedet: skriv hvor og hvornår",
		"a breach belongs to a case":                                                  "et brud hører til en sag",
		"a case is opened once, and first":                                            "en sag oprettes én gang, og først",
		"a case needs a title, without names or numbers":                              "en sag skal have en titel, uden navne og numre",
		"a processor informs the controller, who notifies the authority":              "en databehandler underretter den dataansvarlige, som anmelder",
		"an assessment needs its reason":                                              "en vurdering skal begrundes",
		"an exemption needs its reason":                                               "en undtagelse skal begrundes",
		"another time than before needs a reason":                                     "et andet tidspunkt end før skal begrundes",
		"another time than the first notice by a person needs a reason":               "et andet tidspunkt end da den første person så det, skal begrundes",
		"as a processor, say who the controller is and how to reach it":               "som databehandler: skriv hvem den dataansvarlige er, og hvordan den nås",
		"empty": "tomt",
		"empty: say it, estimate it, or say why it is not known yet":                    "tomt: skriv det, skøn det, eller skriv hvorfor det ikke er kendt endnu",
		"how is it reached when a breach is found at night":                             "hvordan nås den, når et brud findes om natten",
		"missing: state it, estimate it, or say why it is not known yet and until when": "mangler: skriv det, skøn det, eller skriv hvorfor det ikke er kendt endnu, og hvornår det bliver det",
		"missing: the notice must hold it (Art. 34(2))":                                 "mangler: underretningen skal indeholde det (art. 34, stk. 2)",
		"no file": "ingen fil",
		"no risk does not fit a severity of %d with a likelihood of %d": "ingen risiko passer ikke til alvor %d og sandsynlighed %d",
		"nobody says it": "ingen siger det",
		"not known yet: the notification is not complete": "ikke kendt endnu: anmeldelsen er ikke komplet",
		"nothing to add":      "intet at tilføje",
		"phase %d comes next": "del %d er den næste",
		"say first when the organisation became aware":                          "skriv først, hvornår organisationen blev bekendt med bruddet",
		"say how many were told":                                                "skriv hvor mange der er underrettet",
		"say the date and the reference of the order":                           "skriv påbuddets dato og journalnummer",
		"say the time at which the organisation became aware":                   "skriv hvornår organisationen blev bekendt med bruddet",
		"say what it can mean for the persons":                                  "skriv hvad det kan betyde for personerne",
		"say when and how the data protection officer was involved":             "skriv hvornår og hvordan databeskyttelsesrådgiveren blev inddraget",
		"say when it was sent":                                                  "skriv hvornår den blev sendt",
		"say when the controller was informed and where the receipt lies":       "skriv hvornår den dataansvarlige blev underrettet, og hvor kvitteringen ligger",
		"say what the sender said, or that they said nothing":                   "skriv hvad afsenderen sagde, eller at den ikke sagde noget",
		"say when the sender was asked":                                         "skriv hvornår afsenderen blev spurgt",
		"say when they were told":                                               "skriv hvornår de blev underrettet",
		"say where the instruction lies":                                        "skriv hvor instruksen ligger",
		"say where the receipt lies":                                            "skriv hvor kvitteringen ligger",
		"say why it is no breach":                                               "skriv hvorfor det ikke er et brud",
		"say why":                                                               "skriv hvorfor",
		"sent later than 72 hours after awareness: the reasons must go with it": "sendt senere end 72 timer efter vi blev bekendt med bruddet: begrundelsen skal følge med",
		"the organisation is the controller of this case":                       "organisationen er dataansvarlig i denne sag",
		"what is not known yet needs a reason and a day by which it will be":    "det, der ikke er kendt endnu, skal have en begrundelse og en dato",
		"who is it": "hvem er det",
	}
}
