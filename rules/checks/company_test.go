package checks

import "testing"

// Numbers of organisations are told by name, and are no persons'.
func TestCompaniesByName(t *testing.T) {
	for name, numbers := range map[string][2]string{
		"dk-cvr": {"29189846", "29189847"}, "no-orgnr": {"974760673", "974760674"}, "se-orgnr": {"7696524805", "7696524806"},
		"fi-ytunnus": {"02012566", "02012567"}, "is-company": {"6912032190", "2912032190"},
	} {
		check, ok := ByName(name)
		if !ok || Identifies(name) {
			t.Fatalf("%s: known %v, identifies a person %v", name, ok, Identifies(name))
		}
		if r := check([]byte(numbers[0]), 0); r.Reason != OK || !r.Checked {
			t.Errorf("%s: a right number gives %v", name, r)
		}
		if r := check([]byte(numbers[1]), 0); r.Reason == OK {
			t.Errorf("%s: a wrong number passes", name)
		}
	}
}
