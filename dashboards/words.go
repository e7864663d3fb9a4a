package dashboards

// valueWords are the words for the values of stored fields. What is not listed is shown as it is.
var valueWords = map[string]map[string]Text{
	"level": {
		"none":         {DA: "intet fundet", EN: "nothing found"},
		"confidential": {DA: "fortrolig", EN: "confidential"},
		"sensitive":    {DA: "følsom", EN: "sensitive"},
		"unseen":       {DA: "kunne ikke ses", EN: "could not be seen"},
		"unknown":      {DA: "ikke vurderet", EN: "not judged"},
	},
	"direction": {
		"inbound":  {DA: "indgående", EN: "incoming"},
		"internal": {DA: "intern", EN: "internal"},
		"outbound": {DA: "udgående", EN: "outgoing"},
		"unknown":  {DA: "uvist", EN: "unknown"},
		"":         {DA: "uvist", EN: "unknown"},
	},
	"outcome": {
		"held":      {DA: "tilbageholdt", EN: "held"},
		"released":  {DA: "frigivet og sendt", EN: "released and sent"},
		"returned":  {DA: "sendt tilbage til afsenderen", EN: "returned to the sender"},
		"deleted":   {DA: "slettet", EN: "deleted"},
		"delivered": {DA: "afleveret", EN: "delivered"},
		"deferred":  {DA: "forsinket, prøves igen", EN: "delayed, tried again"},
		"bounced":   {DA: "afvist af modtagerens server", EN: "refused by the recipient's server"},
		"rejected":  {DA: "afvist af os", EN: "rejected by us"},
		"expired":   {DA: "opgivet efter flere dage", EN: "given up after days"},
		"queued":    {DA: "på vej", EN: "on its way"},
		"unknown":   {DA: "uvist", EN: "unknown"},
		"":          {DA: "uvist", EN: "unknown"},
	},
	"protected": {
		"yes":       {DA: "beskyttet", EN: "protected"},
		"first-hop": {DA: "kun til første led", EN: "to the first hop only"},
		"unknown":   {DA: "uvist", EN: "unknown"},
		"no":        {DA: "ikke beskyttet", EN: "not protected"},
		"":          {DA: "ikke sendt", EN: "has not left"},
	},
	"transport": {
		"verified":  {DA: "krypteret forbindelse til en bekræftet server", EN: "encrypted connection to a verified server"},
		"encrypted": {DA: "krypteret forbindelse, serveren ikke bekræftet", EN: "encrypted connection, server not verified"},
		"to-relay":  {DA: "krypteret forbindelse til en mellemstation", EN: "encrypted connection to a relay"},
		"plaintext": {DA: "ukrypteret forbindelse", EN: "connection without encryption"},
		"local":     {DA: "afleveret på egen server", EN: "delivered on our own server"},
		"unknown":   {DA: "uvist", EN: "unknown"},
		"":          {DA: "ikke sendt endnu", EN: "not sent yet"},
	},
	"promise": {
		"enforced":      {DA: "kryptering garanteret", EN: "encryption guaranteed"},
		"opportunistic": {DA: "kryptering ikke garanteret", EN: "encryption not guaranteed"},
		"plaintext":     {DA: "ingen kryptering", EN: "no encryption"},
		"to-relay":      {DA: "til en mellemstation", EN: "to a relay"},
		"local":         {DA: "egen server", EN: "our own server"},
		"unknown":       {DA: "uvist", EN: "unknown"},
		"":              {DA: "uvist", EN: "unknown"},
	},
	"class": {
		"internal":  {DA: "egen organisation", EN: "own organisation"},
		"external":  {DA: "ekstern", EN: "external"},
		"authority": {DA: "anden myndighed", EN: "other authority"},
		"free-mail": {DA: "privat mailudbyder", EN: "private mail provider"},
		"":          {DA: "ukendt", EN: "unknown"},
	},
	"protection": {
		"none":       {DA: "ingen", EN: "none"},
		"smime":      {DA: "S/MIME", EN: "S/MIME"},
		"pgp-mime":   {DA: "PGP", EN: "PGP"},
		"pgp-inline": {DA: "PGP", EN: "PGP"},
		"zip":        {DA: "låst zip-fil", EN: "locked zip file"},
		"pdf":        {DA: "låst PDF", EN: "locked PDF"},
		"office":     {DA: "låst kontordokument", EN: "locked office document"},
		"":           {DA: "uvist", EN: "unknown"},
	},
	"action": {
		"pass":   {DA: "sendt videre", EN: "let through"},
		"tag":    {DA: "mærket og sendt videre", EN: "tagged and let through"},
		"route":  {DA: "sendt ad sikker vej", EN: "sent by a secure route"},
		"hold":   {DA: "tilbageholdt", EN: "held"},
		"reject": {DA: "afvist", EN: "rejected"},
		"":       {DA: "ikke vurderet", EN: "not judged"},
	},
	"wanted": {
		"pass":   {DA: "må sendes", EN: "may be sent"},
		"tag":    {DA: "må sendes, mærket", EN: "may be sent, tagged"},
		"route":  {DA: "skal sendes ad sikker vej", EN: "must go by a secure route"},
		"hold":   {DA: "skal holdes tilbage", EN: "must be held"},
		"reject": {DA: "skal afvises", EN: "must be rejected"},
		"":       {DA: "ikke vurderet", EN: "not judged"},
	},
	"channel_state": {
		"marked": {DA: "mærket", EN: "marked"},
		"proven": {DA: "bevist", EN: "proven"},
		"":       {DA: "ingen", EN: "none"},
	},
	"finding": {
		"no-verdict":    {DA: "Mailen gik gennem mailserveren uden at blive vurderet.", EN: "The mail went through the mail server without being judged."},
		"no-mta-lines":  {DA: "Mailen blev vurderet, men mailserverens log siger intet om den.", EN: "The mail was judged, but the mail server's log says nothing about it."},
		"outside-class": {DA: "Mailen blev afleveret et andet sted, end da den blev vurderet.", EN: "The mail was delivered elsewhere than it was judged for."},
		"not-judged":    {DA: "Kontrollen kunne ikke vurdere mailen.", EN: "The check could not judge the mail."},
	},
	"kind": {
		"account":   {DA: "kontonummer", EN: "bank account"},
		"biometric": {DA: "biometri", EN: "biometrics"},
		"card":      {DA: "betalingskort", EN: "payment card"},
		"crime":     {DA: "strafbare forhold", EN: "criminal offences"},
		"debt":      {DA: "gæld", EN: "debt"},
		"dk-cpr":    {DA: "dansk CPR-nummer", EN: "Danish national number"},
		"ethnicity": {DA: "etnisk oprindelse", EN: "ethnic origin"},
		"family":    {DA: "familieforhold", EN: "family matters"},
		"fi-hetu":   {DA: "finsk personnummer", EN: "Finnish national number"},
		"genetic":   {DA: "genetik", EN: "genetics"},
		"health":    {DA: "helbred", EN: "health"},
		"iban":      {DA: "IBAN-kontonummer", EN: "IBAN account"},
		"income":    {DA: "indkomst", EN: "income"},
		"is-kt":     {DA: "islandsk kennitala", EN: "Icelandic national number"},
		"no-fnr":    {DA: "norsk fødselsnummer", EN: "Norwegian national number"},
		"politics":  {DA: "politisk overbevisning", EN: "political opinion"},
		"religion":  {DA: "religion", EN: "religion"},
		"se-pnr":    {DA: "svensk personnummer", EN: "Swedish national number"},
		"sexlife":   {DA: "seksuelle forhold", EN: "sex life"},
		"social":    {DA: "sociale forhold", EN: "social welfare"},
		"substance": {DA: "misbrug", EN: "substance abuse"},
		"union":     {DA: "fagforening", EN: "trade union"},
	},
	"department": {"": {DA: "Uden afdeling", EN: "No department"}},
	"yesno": {
		"true":  {DA: "ja", EN: "yes"},
		"false": {DA: "nej", EN: "no"},
	},
}

// Word is the word for a value of a field, in the reader's language.
func Word(lang, field, value string) string {
	if t, ok := valueWords[field][value]; ok {
		return t.In(lang)
	}
	return value
}
