package web

import "postvagt/dashboards"

// entry is a word of the glossary.
type entry struct{ Word, Meaning dashboards.Text }

// glossary is in the order in which one needs the words.
var glossary = []entry{
	{dashboards.Text{DA: "Forsendelse", EN: "Transmission"}, dashboards.Text{DA: "En mail til én modtager. En mail til tre modtagere er tre forsendelser, men tæller som én mail.", EN: "A mail to one recipient. A mail to three recipients is three transmissions, but counts as one mail."}},
	{dashboards.Text{DA: "Følsom", EN: "Sensitive"}, dashboards.Text{DA: "Der blev fundet oplysninger efter GDPR artikel 9 eller 10 om en person: helbred, misbrug, strafbare forhold, tro, fagforening og lignende.", EN: "Data under GDPR Articles 9 or 10 about a person was found: health, substance abuse, crime, belief, trade union and the like."}},
	{dashboards.Text{DA: "Fortrolig", EN: "Confidential"}, dashboards.Text{DA: "Der blev fundet fortrolige oplysninger om en person, for eksempel et personnummer, indkomst, gæld eller familieforhold.", EN: "Confidential data about a person was found, such as a national number, income, debt or family matters."}},
	{dashboards.Text{DA: "Genkendt", EN: "Recognised"}, dashboards.Text{DA: "Følsom eller fortrolig. En genkendelse er et maskinelt skøn: den kan tage fejl i begge retninger.", EN: "Sensitive or confidential. Recognition is an estimate by machine: it can err both ways."}},
	{dashboards.Text{DA: "Kunne ikke ses", EN: "Could not be seen"}, dashboards.Text{DA: "Indholdet var krypteret, så det ikke kunne vurderes. Sådan en mail tæller aldrig som „intet fundet“.", EN: "The content was encrypted and could not be judged. Such a mail never counts as “nothing found”."}},
	{dashboards.Text{DA: "Kunne ikke læses", EN: "Unopened"}, dashboards.Text{DA: "En del af mailen, for eksempel en vedhæftet fil, kunne ikke åbnes.", EN: "A part of the mail, an attachment for instance, could not be opened."}},
	{dashboards.Text{DA: "Ikke vurderet", EN: "Not judged"}, dashboards.Text{DA: "Mailen gik uden om kontrollen, eller kontrollen fejlede.", EN: "The mail went past the check, or the check failed."}},
	{dashboards.Text{DA: "Beskyttet", EN: "Protected"}, dashboards.Text{DA: "Loggen beviser, at kopien gik ad en sikker kanal, eller at forbindelsen til modtagerens server var krypteret og serveren bekræftet, hvor reglerne accepterer det, eller at indholdet selv var stærkt krypteret.", EN: "The log proves that the copy went by a secure channel, or over an encrypted connection to the recipient's verified server where the rules accept that, or that the content itself was strongly encrypted."}},
	{dashboards.Text{DA: "Kun til første led", EN: "To the first hop only"}, dashboards.Text{DA: "Krypteret til en mellemstation. Hvad der sker derfra, er ikke bevist, og mailen tæller ikke som beskyttet.", EN: "Encrypted as far as a relay. What happens beyond it is not proven, and the mail does not count as protected."}},
	{dashboards.Text{DA: "Uvist", EN: "Unknown"}, dashboards.Text{DA: "Loggen viser ikke, hvad der skete. Uvist tæller aldrig som beskyttet.", EN: "The log does not show what happened. Unknown never counts as protected."}},
	{dashboards.Text{DA: "Kryptering ikke garanteret", EN: "Opportunistic"}, dashboards.Text{DA: "Forbindelsen krypteres, hvis modtagerens server tilbyder det, og ellers ikke.", EN: "The connection is encrypted if the recipient's server offers it, and is not otherwise. Encryption is not guaranteed."}},
	{dashboards.Text{DA: "Tilbageholdt", EN: "Held"}, dashboards.Text{DA: "Mailen ligger på mailserveren og er ikke sendt. En person afgør, hvad der skal ske med den.", EN: "The mail lies on the mail server and has not left. A person decides what is to become of it."}},
	{dashboards.Text{DA: "Frigivet", EN: "Released"}, dashboards.Text{DA: "En tilbageholdt mail, som en person har sendt videre.", EN: "A held mail that a person sent on."}},
	{dashboards.Text{DA: "Mærket og bevist", EN: "Marked and proven"}, dashboards.Text{DA: "Mærket: afsenderen bad om en sikker kanal. Bevist: loggen viser, at kanalen tog imod mailen. Kun det beviste tæller som beskyttet.", EN: "Marked: the sender asked for a secure channel. Proven: the log shows that the channel took the mail. Only what is proven counts as protected."}},
	{dashboards.Text{DA: "Sikker postkasse", EN: "Secure mailbox"}, dashboards.Text{DA: "En postkasse, som organisationen har registreret som sikker. „I brug“ betyder, at den sendte eller modtog mindst én mail i perioden.", EN: "A mailbox that the organisation has registered as secure. “In use” means that it sent or received at least one mail in the period."}},
}
