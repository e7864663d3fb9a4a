package dashboards

import (
	"slices"
	"strings"
	"testing"
)

func TestInShort(t *testing.T) {
	one := func(count, n int64) []Row { return []Row{{Count: count, N: n}} }
	for name, c := range map[string]struct {
		answers Answers
		want    string
	}{
		"nothing":     {Answers{}, "No mail to recipients outside was seen in this period."},
		"harmless":    {Answers{"sent": one(3, 0)}, "3 mails were sent, or were to be sent, to recipients outside. In 0 of them, sensitive or confidential personal data was recognised. Sensitive or confidential personal data was recognised in none of them. That does not show that there was none."},
		"all held":    {Answers{"sent": one(3, 0), "recognised": one(2, 0)}, "None of the recognised mails has left."},
		"as it is":    {Answers{"sent": one(1200, 0), "recognised": one(19, 0), "left-safely": one(13, 17)}, "17 of the recognised mails left. For 13 of them it is proven that every copy was protected; for 4 it is not."},
		"with unseen": {Answers{"sent": one(9, 0), "unseen": one(1, 0)}, "Beside these stand 1 mail whose content could not be seen or was not judged."},
	} {
		if got := strings.Join(c.answers.InShort("en"), " "); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
		if da := c.answers.InShort("da"); len(da) != len(c.answers.InShort("en")) || strings.Contains(strings.Join(da, " "), "%!") {
			t.Errorf("%s: Danish says another number of sentences, or nonsense", name)
		}
	}
}

func TestDepartmentsAndChannels(t *testing.T) {
	a := Answers{
		"sent-departments":        {{Key: "B", Count: 9}, {Key: "A", Count: 5}, {Key: "", Count: 1}},
		"recognised-departments":  {{Key: "A", Count: 2}},
		"left-safely-departments": {{Key: "A", Count: 1, N: 2}},
		"channel-proven":          {{Key: "x", Count: 4}},
		"channel-marked":          {{Key: "a", Count: 1}, {Key: "x", Count: 2}},
	}
	want := []Department{{Name: "A", Sent: 5, Recognised: 2, LeftSafely: Row{Key: "A", Count: 1, N: 2}}, {Name: "B", Sent: 9}, {Name: "", Sent: 1}}
	if got := a.Departments(); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := a.Channels(); !slices.Equal(got, []Channel{{"a", 0, 1}, {"x", 4, 2}}) {
		t.Errorf("%+v", got)
	}
}
