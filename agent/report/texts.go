package report

import (
	"fmt"

	"postvagt/dashboards"
)

// texts are the sentences of a report by name; figures bring their own.
var texts = map[string]dashboards.Text{
	"title":        {DA: "Fortrolig og følsom e-mail", EN: "Confidential and sensitive e-mail"},
	"organisation": {DA: "Organisation", EN: "Organisation"},
	"department":   {DA: "Afdeling", EN: "Department"},
	"period":       {DA: "Periode", EN: "Period"},
	"whole":        {DA: "Hele organisationen", EN: "Whole organisation"},
	"made":         {DA: "Opgjort %s", EN: "As of %s"},
	"question":     {DA: "Spørgsmålet", EN: "The question"},
	"question-text": {DA: "Hvordan sikres det, at fortrolige og følsomme personoplysninger ikke forlader organisationen med åben e-mail? Og bliver reglerne generelt fulgt?",
		EN: "How is it ensured that confidential and sensitive personal data does not leave the organisation by open e-mail? And are the rules generally kept?"},
	"answer":       {DA: "Svaret", EN: "The answer"},
	"answer-limit": {DA: "Tallene viser, hvad mailserverens log beviser. Om reglerne blev fulgt, er en vurdering, som denne rapport ikke foretager.", EN: "The figures show what the mail server's log proves. Whether the rules were kept is a judgement that this report does not make."},
	"share-with":   {DA: "Med de mails, hvis indhold ikke kunne ses: %s.", EN: "With the mails whose content could not be seen: %s."},
	"share-none":   {DA: "Ingen mails at måle på", EN: "No mail to measure"},
	"share-small":  {DA: "Få mails: én mere eller mindre flytter tallet omkring %s procentpoint.", EN: "Few mails: one more or less moves this figure by about %s percentage points."},
	"not-shown":    {DA: "Ikke set eller ikke vurderet", EN: "Not seen or not judged"},
	"not-shown-help": {DA: "Udgående mails, hvis indhold var krypteret, eller som ikke blev vurderet. De kan rumme følsomme oplysninger.",
		EN: "Outgoing mails whose content was encrypted, or that were not judged. They may hold sensitive data."},
	"unseen":         {DA: "Hvad der ikke blev set", EN: "What was not seen"},
	"unseen-mails":   {DA: "%s: indholdet var krypteret og kunne ikke ses.", EN: "%s: the content was encrypted and could not be seen."},
	"unseen-judged":  {DA: "%s: gik uden om kontrollen, eller kontrollen fejlede.", EN: "%s: went past the check, or the check failed."},
	"unseen-opened":  {DA: "%s: en del af mailen, for eksempel en vedhæftet fil, kunne ikke læses.", EN: "%s: a part of the mail, an attachment for instance, could not be read."},
	"unseen-proof":   {DA: "%s: genkendt, men loggen viser ikke, om mailen var beskyttet, eller hvad der blev af den.", EN: "%s: recognised, but the log does not show whether the mail was protected, or what became of it."},
	"unseen-gaps":    {DA: "Loglinjer gik tabt i %s (timer:minutter i alt), omkring %s linjer. Tallene kan være for lave.", EN: "Log lines were lost for %s (hours:minutes in all), about %s lines. The figures may be too low."},
	"unseen-begins":  {DA: "Der findes ingen mails før %s. Den første del af perioden er ikke dækket.", EN: "There is no mail before %s. The first part of the period is not covered."},
	"unseen-deleted": {DA: "Forsendelserne før %s blev slettet efter opbevaringsfristen (%s). Tallene for den tid står ved magt, men kan ikke længere spores til den enkelte mail.", EN: "The transmissions before %s were deleted after their time of keeping (%s). The figures of that time stand, but can no longer be traced to each mail."},
	"unseen-never":   {DA: "Aldrig med i tallene: mail, der ikke når mailserveren (for eksempel internt i postsystemet), andre mailgateways, SMS, Digital Post og breve.", EN: "Never in these figures: mail that does not reach the mail server (inside the mail system, for instance), other mail gateways, text messages, Digital Post and letters."},
	"standard":       {DA: "Målestokken", EN: "The standard used"},
	"standard-1":     {DA: "Følsomme oplysninger (GDPR artikel 9 og 10) skal sendes stærkt krypteret eller ad en sikker kanal. Fortrolige oplysninger, herunder personnummer, skal mindst sendes krypteret til en bekræftet server (GDPR artikel 32; Datatilsynets praksis).", EN: "Sensitive data (GDPR Articles 9 and 10) must be sent strongly encrypted or by a secure channel. Confidential data, national numbers included, must at least be sent encrypted to a verified server (GDPR Article 32; practice of the Danish Data Protection Agency)."},
	"standard-2":     {DA: "En mail tæller som beskyttet, når loggen beviser det for hver kopi, der forlod huset. Uvist, kun mærket og kryptering, der ikke er garanteret, tæller ikke som beskyttet.", EN: "A mail counts as protected when the log proves it for each copy that left. Unknown, merely marked and not guaranteed to be encrypted do not count as protected."},
	"sample":         {DA: "Stikprøve", EN: "Sample"},
	"sample-none":    {DA: "Der er ikke registreret en stikprøve for perioden. Hvor meget der ikke blev genkendt, vides ikke.", EN: "No sample is registered for this period. How much was missed is not known."},
	"numbers":        {DA: "Tallene", EN: "The figures"},
	"number":         {DA: "Antal", EN: "Number"},
	"figure":         {DA: "Tal", EN: "Figure"},
	"how-left":       {DA: "Beskyttelse", EN: "Protection"},
	"share":          {DA: "Andel", EN: "Share"},
	"trend":          {DA: "Uge for uge", EN: "Week by week"},
	"week":           {DA: "Uge", EN: "Week"},
	"recognised":     {DA: "Genkendt", EN: "Recognised"},
	"held":           {DA: "Tilbageholdt", EN: "Held"},
	"departments":    {DA: "Afdelinger", EN: "Departments"},
	"outcome":        {DA: "Udfald", EN: "Outcome"},
	"secure":         {DA: "Sikre postkasser og sikre kanaler", EN: "Secure mailboxes and secure channels"},
	"channel":        {DA: "Kanal", EN: "Channel"},
	"reported":       {DA: "Indberettet, ikke målt", EN: "Reported, not measured"},
	"reported-help":  {DA: "Det, der aldrig når mailserveren, er talt andre steder og skrevet ind, måned for måned. Postvagt kan ikke efterprøve tallene, og de indgår ikke i andre tal. Kun hele måneder i perioden er med.", EN: "What never reaches the mail server was counted elsewhere and entered month by month. Postvagt cannot check these figures, and no other figure includes them. Only whole months of the period count."},
	"source":         {DA: "Kilde", EN: "Source"},
	"months":         {DA: "Måneder", EN: "Months"},
	"proven":         {DA: "Bevist", EN: "Proven"},
	"marked":         {DA: "Kun mærket", EN: "Marked only"},
	"none":           {DA: "Ingen i perioden.", EN: "None in this period."},
	"kind":           {DA: "Oplysning", EN: "Kind of data"},
	"meanings":       {DA: "Hvad tallene betyder", EN: "What the figures mean"},
	"limits":         {DA: "Forbehold", EN: "Limits"},
	"limits-1":       {DA: "Genkendelsen er et maskinelt skøn over ord og numre. Den kan overse oplysninger, og den kan tage fejl.", EN: "Recognition is an estimate by machine, from words and numbers. It can miss data, and it can be wrong."},
	"limits-2":       {DA: "At en forbindelse var krypteret, siger ikke, hvem der læste mailen hos modtageren.", EN: "That a connection was encrypted does not say who read the mail at the recipient's."},
	"limits-3":       {DA: "Hvert tal kan spores til loglinjerne bag det i Postvagts overblik.", EN: "Each figure can be traced to the log lines behind it in Postvagt's overview."},
	"hash":           {DA: "Rapportens fingeraftryk (SHA-256): %s", EN: "Fingerprint of this report (SHA-256): %s"},
	"page":           {DA: "Side %d af %d", EN: "Page %d of %d"},
	"gap":            {DA: "Tabte loglinjer", EN: "Lost log lines"},
	"lower-safe":     {DA: "beskyttet", EN: "protected"},
	"upper-safe":     {DA: "ikke vist beskyttet", EN: "not shown to be protected"},
	"lower-right":    {DA: "gjort rigtigt", EN: "done right"},
	"upper-right":    {DA: "ikke gjort rigtigt", EN: "not done right"},
	"chart":          {DA: "Søjler for hver uge. Den nederste del er %s, den øverste %s. Højeste søjle: %s.", EN: "A column for each week. The lower part is %s, the upper part %s. Highest column: %s."},
}

// text is a text in a language; its name is one of ours, which a test holds.
func text(lang, name string, args ...any) string {
	t := texts[name].In(lang)
	if len(args) == 0 {
		return t
	}
	return fmt.Sprintf(t, args...)
}
