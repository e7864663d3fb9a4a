package cases

// Text says in Danish ("da") or English what is missing.
func (l Lack) Text(lang string) string {
	if l.Item != "" {
		w, label := wordsIn(lang), ""
		if label = w.items[l.Item]; l.What == LackUnknown {
			return label + ": " + pick(lang, "ikke kendt endnu", "not known yet")
		}
		return label
	}
	switch l.What {
	case LackAwareness:
		return pick(lang, "hvornår vi blev bekendt med bruddet", "when we became aware of the breach")
	case LackRisk:
		return pick(lang, "en vurdering af risikoen", "an assessment of the risk")
	case LackDPO:
		return pick(lang, "databeskyttelsesrådgiveren er ikke inddraget", "the data protection officer is not involved")
	case LackReport:
		return pick(lang, "anmeldelsen til tilsynsmyndigheden", "the notification to the supervisory authority")
	case LackReceipt:
		return pick(lang, "kvittering for anmeldelsen", "the receipt of the notification")
	case LackLate:
		return pick(lang, "begrundelsen for at anmeldelsen kom efter 72 timer", "the reason why the notification came after 72 hours")
	case LackNotice:
		return pick(lang, "underretning af de registrerede", "the notice to the persons")
	case LackInformed:
		return pick(lang, "underretning af den dataansvarlige", "the notice to the controller")
	}
	return string(l.What)
}

func pick(lang, da, en string) string {
	if lang == "da" {
		return da
	}
	return en
}

// GroundLabel is what an exemption is called in a language of the drafts, with its article.
func GroundLabel(lang string, g Ground) string { return wordsIn(lang).grounds[g] }

// WayLabel is how persons were told, in a language of the drafts.
func WayLabel(lang string, w Way) string { return wordsIn(lang).ways[w] }

// ItemLabel is what a point is called in a language of the drafts; "" for one that is none.
func ItemLabel(lang string, i Item) string { return wordsIn(lang).items[i] }
