package checks

// ISOrganisation says whether ten digits are the kennitala of an Icelandic organisation (40 added to the day).
func ISOrganisation(n []byte) bool {
	return ISKennitala(n, 0).Reason == Organisation
}

// organisation makes a check of what tells an organisation's number.
func organisation(is func([]byte) bool) Func {
	return func(n []byte, _ byte) Result {
		if !is(n) {
			return Result{Reason: Check}
		}
		return Result{Checked: true, Variant: "organisation"}
	}
}
