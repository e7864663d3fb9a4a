package report

import (
	"net/url"
	"strings"

	"postvagt/dashboards"
)

// phrase is how a condition of a policy's line is told.
type phrase struct {
	yes, no dashboards.Text // of a flag
	of      dashboards.Text // of a list or a number: its values stand for %s
	words   string          // field of dashboards whose words the values have
}

// phrases are those of all conditions that a line can have, by their keys in the milter's configuration.
var phrases = map[string]phrase{
	"direction":     {of: dashboards.Text{DA: "%s", EN: "%s"}, words: "direction"},
	"level":         {of: dashboards.Text{DA: "%s", EN: "%s"}, words: "level"},
	"kinds":         {of: dashboards.Text{DA: "om %s", EN: "about %s"}, words: "kind"},
	"persons_over":  {of: dashboards.Text{DA: "om flere end %s personer", EN: "about more than %s persons"}},
	"content":       {of: dashboards.Text{DA: "beskyttelse af indholdet: %s", EN: "protection of the content: %s"}, words: "protection"},
	"strong":        {yes: dashboards.Text{DA: "indholdet stærkt krypteret", EN: "content strongly encrypted"}, no: dashboards.Text{DA: "indholdet ikke stærkt krypteret", EN: "content not strongly encrypted"}},
	"signed":        {yes: dashboards.Text{DA: "signeret", EN: "signed"}, no: dashboards.Text{DA: "ikke signeret", EN: "not signed"}},
	"channel":       {yes: dashboards.Text{DA: "mærket til en sikker kanal", EN: "marked for a secure channel"}, no: dashboards.Text{DA: "ikke mærket til en sikker kanal", EN: "not marked for a secure channel"}},
	"transport":     {of: dashboards.Text{DA: "forbindelsen: %s", EN: "the connection: %s"}, words: "promise"},
	"strong_tls":    {yes: dashboards.Text{DA: "stærk kryptering af forbindelsen garanteret", EN: "strong encryption of the connection guaranteed"}, no: dashboards.Text{DA: "stærk kryptering af forbindelsen ikke garanteret", EN: "strong encryption of the connection not guaranteed"}},
	"hop":           {of: dashboards.Text{DA: "næste server: %s", EN: "next server: %s"}},
	"class":         {of: dashboards.Text{DA: "modtageren: %s", EN: "the recipient: %s"}, words: "class"},
	"sender":        {of: dashboards.Text{DA: "afsenderens adresse: %s", EN: "the sender's address: %s"}},
	"recipient":     {of: dashboards.Text{DA: "modtagerens adresse: %s", EN: "the recipient's address: %s"}},
	"department":    {of: dashboards.Text{DA: "afdelingen: %s", EN: "the department: %s"}},
	"authenticated": {yes: dashboards.Text{DA: "afsenderen loggede ind", EN: "the sender logged in"}, no: dashboards.Text{DA: "afsenderen loggede ikke ind", EN: "the sender did not log in"}},
	"client":        {of: dashboards.Text{DA: "sendt fra maskinen: %s", EN: "sent from the machine: %s"}},
	"external_over": {of: dashboards.Text{DA: "flere end %s modtagere uden for huset", EN: "more than %s recipients outside"}},
	"visible_over":  {of: dashboards.Text{DA: "flere end %s adresser uden for huset i Til og Cc", EN: "more than %s addresses outside in To and Cc"}},
	"risk":          {yes: dashboards.Text{DA: "risikoen er vurderet", EN: "the risk was assessed"}, no: dashboards.Text{DA: "risikoen er ikke vurderet", EN: "the risk was not assessed"}},
	"identity":      {of: dashboards.Text{DA: "læseren kendes på: %s", EN: "the reader is known by: %s"}, words: "identity"},
	"first":         {yes: dashboards.Text{DA: "første mail til modtageren", EN: "first mail to the recipient"}, no: dashboards.Text{DA: "ikke første mail til modtageren", EN: "not the first mail to the recipient"}},
	"list":          {yes: dashboards.Text{DA: "til en mailliste", EN: "to a mailing list"}, no: dashboards.Text{DA: "ikke til en mailliste", EN: "not to a mailing list"}},
	"misnamed":      {yes: dashboards.Text{DA: "modtagerens navn passer ikke til adressen", EN: "the recipient's name does not fit the address"}, no: dashboards.Text{DA: "modtagerens navn passer til adressen", EN: "the recipient's name fits the address"}},
	"lookalike":     {yes: dashboards.Text{DA: "modtagerens domæne ligner et kendt", EN: "the recipient's domain looks like a known one"}, no: dashboards.Text{DA: "modtagerens domæne ligner intet andet", EN: "the recipient's domain looks like no other"}},
	"size_over":     {of: dashboards.Text{DA: "større end %s byte", EN: "larger than %s bytes"}},
	"unopened":      {yes: dashboards.Text{DA: "en del kunne ikke åbnes", EN: "a part could not be opened"}, no: dashboards.Text{DA: "alle dele kunne åbnes", EN: "all parts could be opened"}},
	"unread":        {yes: dashboards.Text{DA: "en del, der kan være tekst, kunne ikke læses", EN: "a part that may be text could not be read"}, no: dashboards.Text{DA: "alt, der kan være tekst, kunne læses", EN: "all that may be text could be read"}},
	"quoted":        {yes: dashboards.Text{DA: "kun i citeret tekst", EN: "in quoted text only"}, no: dashboards.Text{DA: "ikke kun i citeret tekst", EN: "not only in quoted text"}},
	"objection":     {yes: dashboards.Text{DA: "efter indsigelse", EN: "after an objection"}, no: dashboards.Text{DA: "uden indsigelse", EN: "without an objection"}},
	"downgrade":     {yes: dashboards.Text{DA: "svar på en mail, der kom sikkert", EN: "answer to a mail that came securely"}, no: dashboards.Text{DA: "ikke svar på en mail, der kom sikkert", EN: "no answer to a mail that came securely"}},
	"key_told":      {yes: dashboards.Text{DA: "fortæller adgangskoden til en låst fil", EN: "tells the password of a locked file"}, no: dashboards.Text{DA: "fortæller ingen adgangskode", EN: "tells no password"}},
	"asks":          {yes: dashboards.Text{DA: "beder om oplysninger pr. mail", EN: "asks for data by mail"}, no: dashboards.Text{DA: "beder ikke om oplysninger pr. mail", EN: "does not ask for data by mail"}},
	"more":          {of: dashboards.Text{DA: "og %s betingelser til", EN: "and %s more conditions"}},
}

// policyWords are words of values that only a policy has.
var policyWords = map[string]map[string]dashboards.Text{
	"identity": {
		"none":          {DA: "intet", EN: "nothing"},
		"domain":        {DA: "serverens navn", EN: "the server's name"},
		"certificate":   {DA: "et certifikat", EN: "a certificate"},
		"login-channel": {DA: "login i den sikre kanal", EN: "a login to the secure channel"},
	},
	"promise": {"relay-enforced": {DA: "også efter en mellemstation", EN: "beyond a relay as well"}},
}

// conditions tells what must hold for a line of the policy to decide: "key=value|value&key=value", each value escaped (package
// verdict). One that a later milter has stands as it was told.
func conditions(lang, told string) string {
	if told == "" {
		return text(lang, "policy-else")
	}
	var all []string
	for _, c := range strings.Split(told, "&") {
		key, values, _ := strings.Cut(c, "=")
		all = append(all, condition(lang, key, strings.Split(values, "|")))
	}
	return strings.Join(all, "; ")
}

func condition(lang, key string, values []string) string {
	p, known := phrases[key]
	for i, v := range values {
		if plain, err := url.QueryUnescape(v); err == nil {
			values[i] = plain
		}
	}
	switch {
	case known && p.of != (dashboards.Text{}):
		return strings.Replace(p.of.In(lang), "%s", p.list(lang, values), 1)
	case known && values[0] == "yes":
		return p.yes.In(lang)
	case known && values[0] == "no":
		return p.no.In(lang)
	}
	return key + ": " + strings.Join(values, ", ")
}

// list joins values by "or"; "+3" at the end are three that had no room.
func (p phrase) list(lang string, values []string) string {
	var all []string
	for i, v := range values {
		word := v
		switch left, cut := strings.CutPrefix(v, "+"); {
		case cut && i > 0 && i == len(values)-1:
			word = text(lang, "policy-more", left)
		case policyWords[p.words][v] != (dashboards.Text{}):
			word = policyWords[p.words][v].In(lang)
		case p.words != "":
			word = dashboards.Word(lang, p.words, v)
		}
		all = append(all, word)
	}
	return strings.Join(all, " "+text(lang, "policy-or")+" ")
}
