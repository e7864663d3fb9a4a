package policy

import "postvagt/milter/verdict"

// Default is the standard used: what the supervisory authorities of the Nordic countries have asked for.
// An admin who writes a table of his own replaces it whole.
func Default() []Line {
	yes, no := true, false
	outbound, recognised := []string{verdict.Outbound}, []string{verdict.LevelConfidential, verdict.LevelSensitive}
	return []Line{
		{Name: "secure-channel", Action: verdict.Pass, Direction: outbound, Channel: &yes,
			Law: []string{"R4: sent by a secure channel; counted as marked until the log proves it"}},
		{Name: "after-objection", Action: verdict.Hold, Direction: outbound, Level: recognised, Objection: &yes,
			Law: []string{"R9: the person asked for post or encrypted mail only"}},
		{Name: "after-objection-unopened", Action: verdict.Hold, Direction: outbound, Level: []string{verdict.LevelNone, verdict.LevelUnseen}, Objection: &yes, Unread: &yes,
			Law: []string{"R9: what nobody could read is not known to be harmless to who objected"}},
		{Name: "after-objection-picture", Action: verdict.Tag, Direction: outbound, Level: []string{verdict.LevelNone}, Objection: &yes, Unopened: &yes,
			Law: []string{"R9: a picture may be a scanned letter, or a mere logo"}},
		{Name: "weak-encryption", Action: verdict.Hold, Direction: outbound, Level: []string{verdict.LevelUnseen}, Strong: &no,
			Law: []string{"R2: strong encryption by a recognised algorithm"}},
		{Name: "content-encrypted", Action: verdict.Pass, Direction: outbound, Level: []string{verdict.LevelUnseen},
			Law: []string{"R1, R2: content encryption by a recognised algorithm"}},
		{Name: "downgrade", Action: verdict.Hold, Direction: outbound, Downgrade: &yes,
			Transport: []string{Opportunistic, Plaintext, ToRelay, Local, Unknown},
			Law:       []string{"R7, R18: a secure mail is answered securely, whatever the answer says"}},
		{Name: "many-persons", Action: verdict.Hold, Direction: outbound, Level: recognised, PersonsOver: ptr(manyPersons),
			Law: []string{"Silkeborg 2021: TLS is not in all cases sufficient, the number of persons counts"}},
		{Name: "to-a-list", Action: verdict.Hold, Direction: outbound, Level: recognised, List: &yes,
			Law: []string{"R13: a mailing list has more readers than meant"}},
		{Name: "many-recipients", Action: verdict.Hold, Direction: outbound, Level: recognised, ExternalOver: ptr(manyExternal),
			Law: []string{"R13: considerably more recipients than the sender meant"}},
		{Name: "sensitive-to-authority", Action: verdict.Pass, Direction: outbound, Level: []string{verdict.LevelSensitive},
			Class: []string{"authority"}, Transport: []string{Enforced, RelayEnforced}, StrongTLS: &yes,
			Law: []string{"R2: verified TLS with a recognised strong cipher, and no other, to a listed authority"}},
		{Name: "first-recipient", Action: verdict.Tag, Direction: outbound, Level: []string{verdict.LevelConfidential},
			Transport: []string{Enforced, RelayEnforced}, First: &yes,
			Law: []string{"R1, R13: encrypted; but the sender has never written to this recipient before"}},
		{Name: "confidential-by-tls", Action: verdict.Pass, Direction: outbound, Level: []string{verdict.LevelConfidential},
			Transport: []string{Enforced, RelayEnforced},
			Law:       []string{"R1: encrypted over open networks; TLS 1.2 or later, forced and verified"}},
		{Name: "confidential-by-assessed-tls", Action: verdict.Pass, Direction: outbound, Level: []string{verdict.LevelConfidential},
			Transport: []string{Opportunistic}, Risk: &yes,
			Law: []string{"R1: opportunistic TLS protects only with a registered assessment of risk"}},
		{Name: "quoted", Action: verdict.Hold, Direction: outbound, Level: recognised, Quoted: &yes,
			Law: []string{"R18: never reply on the mail that holds the data; a new blank mail"}},
		{Name: "sensitive", Action: verdict.Hold, Direction: outbound, Level: []string{verdict.LevelSensitive},
			Law: []string{"R2, R12, R15: GDPR Art. 9 and 32"}},
		{Name: "confidential", Action: verdict.Hold, Direction: outbound, Level: []string{verdict.LevelConfidential},
			Law: []string{"R1: GDPR Art. 32"}},
		{Name: "internal", Action: verdict.Tag, Direction: []string{verdict.Internal}, Level: recognised,
			Law: []string{"R14: internal mail is not safe either; tagged, never held"}},
		{Name: "inbound", Action: verdict.Tag, Direction: []string{verdict.Inbound}, Level: recognised,
			Law: []string{"R7, R18: the citizen is referred to a secure channel in a new mail"}},
		{Name: "key-by-same-channel", Action: verdict.Tag, Direction: outbound, KeyTold: &yes,
			Law: []string{"R2: a lock whose key goes the same way is no lock"}},
		{Name: "asks-for-data", Action: verdict.Tag, Direction: outbound, Asks: &yes,
			Law: []string{"R17: don't ask for sensitive data by mail"}},
		{Name: "lookalike-domain", Action: verdict.Tag, Direction: outbound, Lookalike: &yes,
			Law: []string{"R13: a wrong recipient by a slip of the keyboard"}},
		{Name: "misnamed-recipient", Action: verdict.Tag, Direction: outbound, Misnamed: &yes,
			Law: []string{"R13: autocompletion has put in somebody else's address"}},
		{Name: "visible-recipients", Action: verdict.Tag, Direction: outbound, VisibleOver: ptr(manyVisible),
			Law: []string{"R13: addresses of many that should stand in Bcc"}},
		{Name: "otherwise", Action: verdict.Pass},
	}
}

// manyPersons is the number of persons above which one mail is as grave as a leaked register.
const manyPersons = 100

// manyVisible is the number of addresses outside above which To and Cc look like a mailing by mistake.
const manyVisible = 30

// manyExternal is the number of recipients outside above which a mail about a person has gone astray.
const manyExternal = 20

func ptr[T any](v T) *T { return &v }
