package checks

// Identifies says whether the numbers that a named check accepts identify a person.
func Identifies(name string) bool {
	switch name {
	case "dk-cpr", "se-pnr", "no-fnr", "fi-hetu", "is-kt":
		return true
	}
	return false
}
