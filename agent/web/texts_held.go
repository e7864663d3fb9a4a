package web

import "postvagt/dashboards"

// heldTexts are those of the pages about held mail.
func heldTexts() map[string]dashboards.Text {
	return map[string]dashboards.Text{
		"held-title":     {DA: "Tilbageholdte mails", EN: "Held mail"},
		"held-lead":      {DA: "Mails fra egne afdelinger, der venter på en afgørelse. Indholdet vises kun for den, der har ret til det, og med en grund.", EN: "Mail of your departments that waits for a decision. Its content is shown only to those who have the right to it, with a reason."},
		"held-nothing":   {DA: "Ingen mails venter.", EN: "No mail is waiting."},
		"held-unset":     {DA: "Tilbageholdte mails kan ikke vises: bed den mailansvarlige om at sætte dashboard.held_socket.", EN: "Held mail cannot be shown: ask your mail administrator to set dashboard.held_socket."},
		"held-silent":    {DA: "Tilbageholdte mails kan ikke hentes lige nu. Fejlen står i agentens log.", EN: "Held mail cannot be read just now. The error is in the agent's log."},
		"held-done":      {DA: "Det er gjort.", EN: "It is done."},
		"held-asked":     {DA: "Anmodningen er noteret. En anden person skal bede om det samme, før det sker.", EN: "The request is noted. A second person must ask for the same before it is done."},
		"held-asked-by":  {DA: "%s har bedt om: %s. En anden skal bede om det samme.", EN: "%s has asked for: %s. A second person must ask for the same."},
		"held-unjudged":  {DA: "ikke vurderet", EN: "not judged"},
		"held-arrived":   {DA: "Modtaget", EN: "Arrived"},
		"held-rules":     {DA: "Regel, antal og sted", EN: "Rule, count and part"},
		"held-waiting":   {DA: "Ventet (t:mm)", EN: "Waiting (h:mm)"},
		"held-escalated": {DA: "for længe", EN: "too long"},
		"held-returns":   {DA: "Går tilbage til afsenderen", EN: "Goes back to the sender"},
		"held-four":      {DA: "Frigivelse og sletning kræver to personer.", EN: "Release and deletion take two persons."},
		"held-note":      {DA: "Hvad støtter grunden? (ingen navne eller numre)", EN: "What supports the reason? (no names or numbers)"},
		"held-failed":    {DA: "Det blev ikke gjort.", EN: "It was not done."},

		"held-op-return":    {DA: "Returnér med vejledning", EN: "Return with instructions"},
		"held-op-route":     {DA: "Send ad den sikre kanal", EN: "Send by the secure channel"},
		"held-op-release":   {DA: "Frigiv i det åbne", EN: "Release in the open"},
		"held-op-delete":    {DA: "Slet", EN: "Delete"},
		"held-help-return":  {DA: "Afsenderen får mailen tilbage og at vide, hvordan den sendes sikkert.", EN: "The sender gets the mail back, and is told how to send it safely."},
		"held-help-route":   {DA: "Hele mailen går til den sikre kanal.", EN: "The whole mail goes to the secure channel."},
		"held-help-release": {DA: "Mailen går ud, som den er, og tæller som ikke beskyttet.", EN: "The mail leaves as it is, and counts as not protected."},
		"held-help-delete":  {DA: "Mailen forsvinder for altid.", EN: "The mail is gone for ever."},

		"held-reason-false-alarm":           {DA: "Falsk alarm: mailen rummer ikke sådanne oplysninger", EN: "False alarm: the mail holds no such data"},
		"held-reason-documented-protection": {DA: "Beskyttet på anden, dokumenteret måde", EN: "Protected by other, documented means"},
		"held-reason-danger-to-life":        {DA: "Fare for nogens liv eller helbred", EN: "Danger to somebody's life or health"},
		"held-reason-consent":               {DA: "Borgeren har givet samtykke", EN: "The citizen has consented"},

		"held-show":         {DA: "Læs indholdet", EN: "Read the content"},
		"held-show-help":    {DA: "Kun når regel, antal og sted ikke er nok til at afgøre sagen. Hvem der læste, og hvorfor, skrives ned, og afsenderen får det at vide.", EN: "Only where rule, count and part are not enough to decide. Who read it, and why, is written down, and the sender is told."},
		"held-content":      {DA: "Indholdet", EN: "The content"},
		"held-attachments":  {DA: "Vedhæftet (åbnes ikke her)", EN: "Attached (not opened here)"},
		"held-cut":          {DA: "Der er mere, end der vises her.", EN: "There is more than is shown here."},
		"held-head-from":    {DA: "Fra", EN: "From"},
		"held-head-to":      {DA: "Til", EN: "To"},
		"held-head-cc":      {DA: "Kopi til", EN: "Copy to"},
		"held-head-date":    {DA: "Dato", EN: "Date"},
		"held-head-subject": {DA: "Emne", EN: "Subject"},
		"access-held-show":  {DA: "læste en tilbageholdt mail", EN: "read a held mail"},

		"held-code-not-allowed": {DA: "Ikke gjort: helperen tillader ikke dette fra browseren.", EN: "Not done: the helper does not allow this from the browser."},
		"held-code-not-held":    {DA: "Ikke gjort: mailen er ikke længere tilbageholdt.", EN: "Not done: the mail is no longer held."},
		"held-code-other":       {DA: "Ikke gjort: det er en anden mail nu. Åbn listen igen.", EN: "Not done: it is another mail now. Open the list again."},
		"held-code-own-mail":    {DA: "Ikke gjort: ingen afgør sin egen mail. Bed en anden.", EN: "Not done: nobody decides on their own mail. Ask another reviewer."},
		"held-code-actor":       {DA: "Ikke gjort: din bruger har ingen mailadresse. Bed den mailansvarlige om postvagt-agent users roles --address.", EN: "Not done: your user has no mail address. Ask your mail administrator for postvagt-agent users roles --address."},
		"held-code-reason":      {DA: "Ikke gjort: vælg en grund, og skriv, hvad der støtter den.", EN: "Not done: choose a reason, and write what supports it."},
		"held-code-consent":     {DA: "Ikke gjort: borgerens samtykke ophæver ikke pligten til at beskytte oplysningerne. Returnér mailen, eller send den ad den sikre kanal eller som brev.", EN: "Not done: the citizen's consent does not lift the duty to protect the data. Return the mail, or send it by the secure channel or as a letter."},
		"held-code-number":      {DA: "Ikke gjort: begrundelsen ser ud til at rumme et personnummer.", EN: "Not done: the reason seems to hold a national number."},
		"held-code-second":      {DA: "Ikke gjort: du har bedt om det før. Det kræver en anden person.", EN: "Not done: you have asked for this before. It takes a second person."},
		"held-code-no-route":    {DA: "Ikke gjort: der er ikke sat en sikker kanal op for denne mail.", EN: "Not done: no secure channel is set up for this mail."},
		"held-code-record":      {DA: "Ikke gjort: afgørelsen kunne ikke skrives ned.", EN: "Not done: the decision could not be recorded."},
		"held-code-mta":         {DA: "Mailserveren gjorde det ikke, eller bekræftede det ikke.", EN: "The mail server did not do it, or did not confirm it."},
		"access-held-return":    {DA: "returnerede en mail", EN: "returned a mail"},
		"access-held-route":     {DA: "sendte ad sikker kanal", EN: "sent by secure channel"},
		"access-held-release":   {DA: "frigav en mail", EN: "released a mail"},
		"access-held-delete":    {DA: "slettede en mail", EN: "deleted a mail"},
	}
}
