package watch

// noticeText is a notice in one language. The steps and the two templates are those of the routine that source 003
// describes (R18): save, delete, write anew.
type noticeText struct {
	hello, holds, instead, wrong, own, end string
	subject, what                          map[string]string
	bare                                   map[string]string // what, of a message that holds nothing that is named
	why                                    map[string]string // by the policy line that decided, where its name says more
	subjectOpened                          string
	quoted, a, b                           string
	steps                                  []string
	groups                                 [len(groups)]string
}

func noticeWords(lang string) *noticeText {
	switch lang {
	case "da":
		return noticeDanish()
	case "sv":
		return noticeSwedish()
	case "nb":
		return noticeBokmal()
	case "nn":
		return noticeNynorsk()
	case "fi":
		return noticeFinnish()
	}
	return noticeEnglish()
}

func noticeDanish() *noticeText {
	return &noticeText{
		hello: "Hej", end: "Denne besked er sendt automatisk og kan ikke besvares.",
		subject:       map[string]string{NoticeHeld: "Din mail er tilbageholdt", NoticeSent: "Din mail var ikke beskyttet", NoticeBack: "Din mail er ikke sendt"},
		subjectOpened: "Din tilbageholdte mail er blevet åbnet",
		what: map[string]string{
			NoticeHeld:   "En mail, som du sendte kl. %s, er tilbageholdt, fordi den ser ud til at indeholde personoplysninger, som ikke må sendes med almindelig mail. Den er ikke sendt og ikke slettet.",
			NoticeSent:   "En mail, som du sendte kl. %s, ser ud til at indeholde personoplysninger, som ikke må sendes med almindelig mail.",
			NoticeBack:   "En mail, som du sendte kl. %s, er ikke sendt. Den ser ud til at indeholde personoplysninger, som ikke må sendes med almindelig mail.",
			NoticeOpened: "En sagsbehandler for databeskyttelse har åbnet den mail, som du sendte kl. %s, og som er tilbageholdt. Det er registreret hvem, hvornår og hvorfor."},
		bare: map[string]string{NoticeHeld: "En mail, som du sendte kl. %s, er tilbageholdt. Den er ikke sendt og ikke slettet.",
			NoticeSent: "En mail, som du sendte kl. %s, burde ikke være sendt med almindelig mail.", NoticeBack: "En mail, som du sendte kl. %s, er ikke sendt."},
		why: map[string]string{
			LineDowngrade:      "Den svarer på en mail, der kom ad en sikker kanal. Svar ad den samme kanal.",
			LineObjection:      "En modtager, eller en person som den handler om, har bedt om ikke at få den slags med almindelig mail. Send den som brev eller krypteret.",
			LineUnopened:       "En modtager har bedt om ikke at få personoplysninger med almindelig mail, og en vedhæftet fil kunne ikke læses. Send den som brev eller krypteret.",
			LineWeak:           "Krypteringen er for svag, eller adgangskoden står i samme mail.",
			LineManyPersons:    "Den handler om mange personer på én gang.",
			LineList:           "En af modtagerne er en mailingliste, som flere læser.",
			LineManyRecipients: "Den har usædvanlig mange modtagere uden for huset.",
		},
		holds:   "Det drejer sig om: %s.",
		instead: "Send den igen ad en sikker kanal (Digital Post eller sikker mail), eller skriv den uden personoplysninger.",
		wrong:   "Er det en fejl, kan den sendes, når en sagsbehandler har set på det.",
		own:     "Er det en fejl, kan du selv afgøre den: i din afdeling gør afsenderen det med en begrundelse, som bliver skrevet ned med dit navn. Log ind her:",
		quoted:  "Oplysningerne står i den mail, som du svarede på. Svar ikke på en mail, der indeholder følsomme oplysninger. Gør i stedet sådan:",
		steps:   []string{"1. Journalisér eller gem mailen, hvis du skal bruge den.", "2. Slet den fra din postkasse og fra papirkurven.", "3. Skriv en ny, tom mail med en af de to tekster herunder."},
		a:       "a) Tak for din mail. Jeg vil gerne give dig et ordentligt svar, men fordi den indeholder følsomme personoplysninger, må vi bruge en mere sikker kanal end mail. Skriv til os med Digital Post, eller ring til mig.",
		b:       "b) Tak for din mail. Fordi den indeholder følsomme personoplysninger, svarer jeg helt generelt og uden at gå ind på dem. Har du brug for mere, så skriv til os med Digital Post, eller ring til mig.",
		groups:  [...]string{"personnummer", "helbred", "sociale og familiemæssige forhold", "strafbare forhold", "tro, politik, fagforening, oprindelse eller seksuelle forhold", "økonomi"},
	}
}

func noticeSwedish() *noticeText {
	return &noticeText{
		hello: "Hej", end: "Meddelandet har skickats automatiskt och kan inte besvaras.",
		subject:       map[string]string{NoticeHeld: "Din e-post har hållits kvar", NoticeSent: "Din e-post var inte skyddad", NoticeBack: "Din e-post har inte skickats"},
		subjectOpened: "Din kvarhållna e-post har öppnats",
		what: map[string]string{
			NoticeHeld:   "Ett brev som du skickade kl. %s har hållits kvar, eftersom det verkar innehålla personuppgifter som inte får skickas med vanlig e-post. Det är varken skickat eller raderat.",
			NoticeSent:   "Ett brev som du skickade kl. %s verkar innehålla personuppgifter som inte får skickas med vanlig e-post.",
			NoticeBack:   "Ett brev som du skickade kl. %s har inte skickats. Det verkar innehålla personuppgifter som inte får skickas med vanlig e-post.",
			NoticeOpened: "En handläggare för dataskydd har öppnat det kvarhållna brev som du skickade kl. %s. Vem, när och varför är registrerat."},
		bare: map[string]string{NoticeHeld: "Ett brev som du skickade kl. %s har hållits kvar. Det är varken skickat eller raderat.",
			NoticeSent: "Ett brev som du skickade kl. %s borde inte ha skickats med vanlig e-post.", NoticeBack: "Ett brev som du skickade kl. %s har inte skickats."},
		why: map[string]string{
			LineDowngrade:      "Det svarar på ett brev som kom genom en säker kanal. Svara genom samma kanal.",
			LineObjection:      "En mottagare, eller en person som det handlar om, har bett om att inte få sådant med vanlig e-post. Skicka det på papper eller krypterat.",
			LineUnopened:       "En mottagare har bett om att inte få personuppgifter med vanlig e-post, och en bilaga kunde inte läsas. Skicka det på papper eller krypterat.",
			LineWeak:           "Krypteringen är för svag, eller lösenordet står i samma brev.",
			LineManyPersons:    "Det handlar om många personer på en gång.",
			LineList:           "En av mottagarna är en e-postlista som flera läser.",
			LineManyRecipients: "Det har ovanligt många mottagare utanför huset.",
		},
		holds:   "Det gäller: %s.",
		instead: "Skicka det igen genom en säker kanal (digital brevlåda eller säker e-post), eller skriv det utan personuppgifter.",
		wrong:   "Om det är fel kan det skickas när en handläggare har sett på det.",
		own:     "Om det är fel kan du avgöra det själv: på din avdelning gör avsändaren det med en motivering, som skrivs ned med ditt namn. Logga in här:",
		quoted:  "Uppgifterna står i det brev som du svarade på. Svara inte på ett brev som innehåller känsliga uppgifter. Gör så här i stället:",
		steps:   []string{"1. Diarieför eller spara brevet om du behöver det.", "2. Radera det ur din brevlåda och ur papperskorgen.", "3. Skriv ett nytt, tomt brev med en av de två texterna nedan."},
		a:       "a) Tack för ditt brev. Jag vill gärna ge dig ett ordentligt svar, men eftersom det innehåller känsliga personuppgifter måste vi använda en säkrare kanal än e-post. Skriv till oss genom den digitala brevlådan eller ring mig.",
		b:       "b) Tack för ditt brev. Eftersom det innehåller känsliga personuppgifter svarar jag helt allmänt och utan att gå in på dem. Behöver du mer, skriv genom den digitala brevlådan eller ring mig.",
		groups:  [...]string{"personnummer", "hälsa", "sociala förhållanden och familj", "brott", "tro, politik, fackförening, ursprung eller sexualliv", "ekonomi"},
	}
}

func noticeBokmal() *noticeText {
	return &noticeText{
		hello: "Hei", end: "Meldingen er sendt automatisk og kan ikke besvares.",
		subject:       map[string]string{NoticeHeld: "E-posten din er holdt tilbake", NoticeSent: "E-posten din var ikke beskyttet", NoticeBack: "E-posten din er ikke sendt"},
		subjectOpened: "Den tilbakeholdte e-posten din er åpnet",
		what: map[string]string{
			NoticeHeld:   "En e-post som du sendte kl. %s, er holdt tilbake fordi den ser ut til å inneholde personopplysninger som ikke skal sendes med vanlig e-post. Den er verken sendt eller slettet.",
			NoticeSent:   "En e-post som du sendte kl. %s, ser ut til å inneholde personopplysninger som ikke skal sendes med vanlig e-post.",
			NoticeBack:   "En e-post som du sendte kl. %s, er ikke sendt. Den ser ut til å inneholde personopplysninger som ikke skal sendes med vanlig e-post.",
			NoticeOpened: "En saksbehandler for personvern har åpnet den tilbakeholdte e-posten som du sendte kl. %s. Hvem, når og hvorfor er registrert."},
		bare: map[string]string{NoticeHeld: "En e-post som du sendte kl. %s, er holdt tilbake. Den er verken sendt eller slettet.",
			NoticeSent: "En e-post som du sendte kl. %s, burde ikke ha vært sendt med vanlig e-post.", NoticeBack: "En e-post som du sendte kl. %s, er ikke sendt."},
		why: map[string]string{
			LineDowngrade:      "Den svarer på en e-post som kom gjennom en sikker kanal. Svar gjennom den samme kanalen.",
			LineObjection:      "En mottaker, eller en person som den handler om, har bedt om ikke å få slikt med vanlig e-post. Send den som brev eller kryptert.",
			LineUnopened:       "En mottaker har bedt om ikke å få personopplysninger med vanlig e-post, og et vedlegg kunne ikke leses. Send den som brev eller kryptert.",
			LineWeak:           "Krypteringen er for svak, eller passordet står i samme e-post.",
			LineManyPersons:    "Den handler om mange personer på én gang.",
			LineList:           "En av mottakerne er en e-postliste som flere leser.",
			LineManyRecipients: "Den har uvanlig mange mottakere utenfor huset.",
		},
		holds:   "Det gjelder: %s.",
		instead: "Send den på nytt gjennom en sikker kanal (digital postkasse eller sikker e-post), eller skriv den uten personopplysninger.",
		wrong:   "Er det feil, kan den sendes når en saksbehandler har sett på det.",
		own:     "Er det feil, kan du avgjøre det selv: i avdelingen din gjør avsenderen det med en begrunnelse, som blir skrevet ned med navnet ditt. Logg inn her:",
		quoted:  "Opplysningene står i e-posten som du svarte på. Svar ikke på en e-post som inneholder sensitive opplysninger. Gjør slik i stedet:",
		steps:   []string{"1. Journalfør eller lagre e-posten hvis du trenger den.", "2. Slett den fra postkassen og fra papirkurven.", "3. Skriv en ny, blank e-post med en av de to tekstene nedenfor."},
		a:       "a) Takk for e-posten din. Jeg vil gjerne gi deg et ordentlig svar, men fordi den inneholder sensitive personopplysninger, må vi bruke en sikrere kanal enn e-post. Skriv til oss gjennom den digitale postkassen, eller ring meg.",
		b:       "b) Takk for e-posten din. Fordi den inneholder sensitive personopplysninger, svarer jeg helt generelt og uten å gå inn på dem. Trenger du mer, så skriv gjennom den digitale postkassen, eller ring meg.",
		groups:  [...]string{"fødselsnummer", "helse", "sosiale forhold og familie", "straffbare forhold", "tro, politikk, fagforening, opprinnelse eller seksuelle forhold", "økonomi"},
	}
}

func noticeNynorsk() *noticeText {
	return &noticeText{
		hello: "Hei", end: "Meldinga er send automatisk og kan ikkje svarast på.",
		subject:       map[string]string{NoticeHeld: "E-posten din er halden tilbake", NoticeSent: "E-posten din var ikkje verna", NoticeBack: "E-posten din er ikkje send"},
		subjectOpened: "Den tilbakehaldne e-posten din er opna",
		what: map[string]string{
			NoticeHeld:   "Ein e-post som du sende kl. %s, er halden tilbake fordi han ser ut til å innehalde personopplysningar som ikkje skal sendast med vanleg e-post. Han er korkje send eller sletta.",
			NoticeSent:   "Ein e-post som du sende kl. %s, ser ut til å innehalde personopplysningar som ikkje skal sendast med vanleg e-post.",
			NoticeBack:   "Ein e-post som du sende kl. %s, er ikkje send. Han ser ut til å innehalde personopplysningar som ikkje skal sendast med vanleg e-post.",
			NoticeOpened: "Ein saksbehandlar for personvern har opna den tilbakehaldne e-posten som du sende kl. %s. Kven, når og kvifor er registrert."},
		bare: map[string]string{NoticeHeld: "Ein e-post som du sende kl. %s, er halden tilbake. Han er korkje send eller sletta.",
			NoticeSent: "Ein e-post som du sende kl. %s, burde ikkje ha vore send med vanleg e-post.", NoticeBack: "Ein e-post som du sende kl. %s, er ikkje send."},
		why: map[string]string{
			LineDowngrade:      "Han svarar på ein e-post som kom gjennom ein sikker kanal. Svar gjennom den same kanalen.",
			LineObjection:      "Ein mottakar, eller ein person som han handlar om, har bede om å ikkje få slikt med vanleg e-post. Send han som brev eller kryptert.",
			LineUnopened:       "Ein mottakar har bede om å ikkje få personopplysningar med vanleg e-post, og eit vedlegg kunne ikkje lesast. Send han som brev eller kryptert.",
			LineWeak:           "Krypteringa er for svak, eller passordet står i same e-post.",
			LineManyPersons:    "Han handlar om mange personar på éin gong.",
			LineList:           "Ein av mottakarane er ei e-postliste som fleire les.",
			LineManyRecipients: "Han har uvanleg mange mottakarar utanfor huset.",
		},
		holds:   "Det gjeld: %s.",
		instead: "Send han på nytt gjennom ein sikker kanal (digital postkasse eller sikker e-post), eller skriv han utan personopplysningar.",
		wrong:   "Er det feil, kan han sendast når ein saksbehandlar har sett på det.",
		own:     "Er det feil, kan du avgjere det sjølv: i avdelinga di gjer avsendaren det med ei grunngjeving, som blir skriven ned med namnet ditt. Logg inn her:",
		quoted:  "Opplysningane står i e-posten som du svara på. Svar ikkje på ein e-post som inneheld sensitive opplysningar. Gjer slik i staden:",
		steps:   []string{"1. Journalfør eller lagre e-posten dersom du treng han.", "2. Slett han frå postkassa og frå papirkorga.", "3. Skriv ein ny, blank e-post med ein av dei to tekstane nedanfor."},
		a:       "a) Takk for e-posten din. Eg vil gjerne gi deg eit ordentleg svar, men fordi han inneheld sensitive personopplysningar, må vi bruke ein tryggare kanal enn e-post. Skriv til oss gjennom den digitale postkassa, eller ring meg.",
		b:       "b) Takk for e-posten din. Fordi han inneheld sensitive personopplysningar, svarar eg heilt generelt og utan å gå inn på dei. Treng du meir, så skriv gjennom den digitale postkassa, eller ring meg.",
		groups:  [...]string{"fødselsnummer", "helse", "sosiale tilhøve og familie", "straffbare tilhøve", "tru, politikk, fagforeining, opphav eller seksuelle tilhøve", "økonomi"},
	}
}

func noticeFinnish() *noticeText {
	return &noticeText{
		hello: "Hei", end: "Tämä viesti on lähetetty automaattisesti, eikä siihen voi vastata.",
		subject:       map[string]string{NoticeHeld: "Sähköpostisi on pysäytetty", NoticeSent: "Sähköpostisi ei ollut suojattu", NoticeBack: "Sähköpostiasi ei ole lähetetty"},
		subjectOpened: "Pysäytetty sähköpostisi on avattu",
		what: map[string]string{
			NoticeHeld:   "Klo %s lähettämäsi sähköposti on pysäytetty, koska se näyttää sisältävän henkilötietoja, joita ei saa lähettää tavallisella sähköpostilla. Sitä ei ole lähetetty eikä poistettu.",
			NoticeSent:   "Klo %s lähettämäsi sähköposti näyttää sisältävän henkilötietoja, joita ei saa lähettää tavallisella sähköpostilla.",
			NoticeBack:   "Klo %s lähettämääsi sähköpostia ei ole toimitettu. Se näyttää sisältävän henkilötietoja, joita ei saa lähettää tavallisella sähköpostilla.",
			NoticeOpened: "Tietosuojan käsittelijä on avannut pysäytetyn sähköpostin, jonka lähetit klo %s. Kuka, milloin ja miksi on kirjattu."},
		bare: map[string]string{NoticeHeld: "Viesti, jonka lähetit klo %s, on pidätetty. Sitä ei ole lähetetty eikä poistettu.",
			NoticeSent: "Viestiä, jonka lähetit klo %s, ei olisi pitänyt lähettää tavallisella sähköpostilla.", NoticeBack: "Viestiä, jonka lähetit klo %s, ei ole lähetetty."},
		why: map[string]string{
			LineDowngrade:      "Se vastaa viestiin, joka tuli suojattua kanavaa pitkin. Vastaa samaa kanavaa pitkin.",
			LineObjection:      "Vastaanottaja tai henkilö, jota viesti koskee, on pyytänyt, ettei tällaista lähetetä tavallisella sähköpostilla. Lähetä se kirjeenä tai salattuna.",
			LineUnopened:       "Vastaanottaja on pyytänyt, ettei henkilötietoja lähetetä tavallisella sähköpostilla, eikä liitettä voitu lukea. Lähetä se kirjeenä tai salattuna.",
			LineWeak:           "Salaus on liian heikko, tai salasana on samassa viestissä.",
			LineManyPersons:    "Se koskee monta henkilöä kerralla.",
			LineList:           "Yksi vastaanottajista on sähköpostilista, jota useat lukevat.",
			LineManyRecipients: "Sillä on poikkeuksellisen monta vastaanottajaa talon ulkopuolella.",
		},
		holds:   "Kyse on seuraavista tiedoista: %s.",
		instead: "Lähetä se uudelleen suojattua kanavaa pitkin (suojattu sähköposti tai asiointipalvelu) tai kirjoita se ilman henkilötietoja.",
		wrong:   "Jos kyseessä on virhe, viesti voidaan lähettää, kun käsittelijä on tarkistanut asian.",
		own:     "Jos kyseessä on virhe, voit ratkaista asian itse: osastollasi lähettäjä tekee sen antamalla perustelun, joka kirjataan nimesi kanssa. Kirjaudu sisään tästä:",
		quoted:  "Tiedot ovat viestissä, johon vastasit. Älä vastaa viestiin, jossa on arkaluonteisia tietoja. Toimi näin:",
		steps:   []string{"1. Kirjaa tai tallenna viesti, jos tarvitset sitä.", "2. Poista se postilaatikosta ja roskakorista.", "3. Kirjoita uusi, tyhjä viesti, jossa on toinen alla olevista teksteistä."},
		a:       "a) Kiitos viestistäsi. Haluan vastata sinulle kunnolla, mutta koska viesti sisältää arkaluonteisia henkilötietoja, meidän on käytettävä sähköpostia turvallisempaa kanavaa. Ota yhteyttä asiointipalvelun kautta tai soita minulle.",
		b:       "b) Kiitos viestistäsi. Koska se sisältää arkaluonteisia henkilötietoja, vastaan yleisesti puuttumatta niihin. Jos tarvitset lisää tietoa, ota yhteyttä asiointipalvelun kautta tai soita minulle.",
		groups:  [...]string{"henkilötunnus", "terveys", "sosiaaliset ja perhesuhteet", "rikokset", "vakaumus, politiikka, ammattiliitto, alkuperä tai seksuaalielämä", "talous"},
	}
}

func noticeEnglish() *noticeText {
	return &noticeText{
		hello: "Hello", end: "This message was sent automatically and cannot be answered.",
		subject:       map[string]string{NoticeHeld: "Your mail was held back", NoticeSent: "Your mail was not protected", NoticeBack: "Your mail was not sent"},
		subjectOpened: "Your mail that was held back has been opened",
		what: map[string]string{
			NoticeHeld:   "A mail that you sent at %s is held back, because it seems to hold personal data that must not be sent by ordinary mail. It is neither sent nor deleted.",
			NoticeSent:   "A mail that you sent at %s seems to hold personal data that must not be sent by ordinary mail.",
			NoticeBack:   "A mail that you sent at %s was not sent. It seems to hold personal data that must not be sent by ordinary mail.",
			NoticeOpened: "An officer for data protection has opened the held mail that you sent at %s. Who, when and why is on record."},
		bare: map[string]string{NoticeHeld: "A mail that you sent at %s is held. It has been neither sent nor deleted.",
			NoticeSent: "A mail that you sent at %s should not have been sent by ordinary mail.", NoticeBack: "A mail that you sent at %s has not been sent."},
		why: map[string]string{
			LineDowngrade:      "It answers a mail that came by a secure channel. Answer by the same channel.",
			LineObjection:      "A recipient, or a person whom it is about, has asked not to get such things by ordinary mail. Send it as a letter or encrypted.",
			LineUnopened:       "A recipient has asked not to get personal data by ordinary mail, and an attachment could not be read. Send it as a letter or encrypted.",
			LineWeak:           "The encryption is too weak, or the password stands in the same mail.",
			LineManyPersons:    "It is about many persons at once.",
			LineList:           "One of the recipients is a mailing list that several people read.",
			LineManyRecipients: "It has unusually many recipients outside the house.",
		},
		holds:   "It is about: %s.",
		instead: "Send it again by a secure channel (digital post or secure mail), or write it without personal data.",
		wrong:   "If this is a mistake, it can be sent when an officer has looked at it.",
		own:     "If this is a mistake, you can decide on it yourself: in your department the sender does so with a reason, which is written down with your name. Log in here:",
		quoted:  "The data stands in the mail that you answered. Do not reply on a mail that holds sensitive data. Do this instead:",
		steps:   []string{"1. File or save the mail if you need it.", "2. Delete it from your mailbox and from the bin.", "3. Write a new, blank mail with one of the two texts below."},
		a:       "a) Thank you for your mail. I want to give you a proper answer, but because it holds sensitive personal data we must use a safer channel than mail. Please write to us by digital post, or call me.",
		b:       "b) Thank you for your mail. Because it holds sensitive personal data I answer in general, without going into it. If you need more, please write to us by digital post, or call me.",
		groups:  [...]string{"national id number", "health", "social and family circumstances", "criminal offences", "belief, politics, union, origin or sexual life", "money"},
	}
}
