package web

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"postvagt/agent/login"
	"postvagt/dashboards"
)

// The officer's guides speak of the pages as they are: what stands in bold stands on a page in that language, each page
// of the menu is listed with those who may open it, and no other address is named.
func TestGuidesAreTrue(t *testing.T) {
	for _, lang := range []string{"da", "en"} {
		t.Run(lang, func(t *testing.T) {
			b, err := os.ReadFile("../../packaging/doc/officer-guide." + lang + ".md")
			if err != nil {
				t.Fatal(err)
			}
			guide := string(b)
			words := wordsOfPages(lang)
			bold := regexp.MustCompile(`\*\*([^*]+)\*\*`).FindAllStringSubmatch(guide, -1)
			if len(bold) < 50 {
				t.Fatalf("only %d words of the pages", len(bold))
			}
			for _, m := range bold {
				if word := strings.Join(strings.Fields(m[1]), " "); !words[word] {
					t.Errorf("no page says %q", word)
				}
			}
			routes := (&site{}).routes()
			listed := 0
			for _, rt := range routes {
				if rt.menu == "" {
					continue
				}
				listed++
				if line := "| **" + texts[rt.menu].In(lang) + "** | `" + pathOf(rt) + "` | " + whoOpens(rt) + " |"; !strings.Contains(guide, line) {
					t.Errorf("missing: %s", line)
				}
			}
			if named := len(regexp.MustCompile("`/[a-z/-]*`").FindAllString(guide, -1)); named != listed {
				t.Errorf("%d addresses are named, the menu has %d", named, listed)
			}
		})
	}
}

// wordsOfPages is all that can stand on a page in a language by a name of ours.
func wordsOfPages(lang string) map[string]bool {
	words := map[string]bool{}
	for _, t := range texts {
		words[t.In(lang)] = true
	}
	for _, q := range dashboards.Questions() {
		words[q.Title.In(lang)] = true
	}
	for _, e := range glossary {
		words[e.Word.In(lang)] = true
	}
	return words
}

func pathOf(rt route) string {
	return strings.TrimSuffix(strings.TrimPrefix(rt.pattern, "GET "), "{$}")
}

// whoOpens names them in the order of login.Roles.
func whoOpens(rt route) string {
	var names []string
	for _, r := range login.Roles() {
		if (login.User{Roles: rt.roles}).Is(r) {
			names = append(names, string(r))
		}
	}
	return strings.Join(names, " ")
}
