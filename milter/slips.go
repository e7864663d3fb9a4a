package milter

import (
	"strings"

	"postvagt/milter/message"
	"postvagt/milter/policy"
)

// slipsOf notes what makes a recipient outside a likely mistake (R13): autocompletion, a slip of the keyboard, a list.
func (f *Filter) slipsOf(t *Transaction, p *policy.Recipient, name string) {
	domain := domainOf(p.Addr)
	p.Lookalike = p.Class == "external" && (f.lookalike(domain) || f.acquaintances != nil && f.acquaintances.LooksFamiliar(domain))
	p.First = f.acquaintances != nil && t.Sender != "" && f.acquaintances.First(t.Sender, p.Addr)
	p.List = f.isList(p.Addr)
	p.Misnamed = misnamed(name, p.Addr)
}

// lookalikeFrom is the length below which two domains are too often near each other by chance: ku.dk and ru.dk are two universities.
// Of a shorter one only two letters exchanged or one typed twice count, and nobody of the house may have written to it.
const lookalikeFrom = 8

// lookalike says whether a domain is one slip away from one that is known (R13): a letter too many, too
// few, another, or two exchanged.
func (f *Filter) lookalike(domain string) bool {
	for _, known := range [][]string{f.cfg.Organisation.Domains, f.cfg.Recipients.Authorities, f.cfg.Recipients.FreeMail} {
		for _, k := range known {
			switch k = strings.ToLower(k); {
			case k == domain || !oneSlip(k, domain):
			case len(k) >= lookalikeFrom:
				return true
			case (exchanged(k, domain) || doubled(k, domain)) && !f.knows(domain):
				return true
			}
		}
	}
	return false
}

// knows says whether somebody of the house has written to a domain before.
func (f *Filter) knows(domain string) bool {
	return f.acquaintances != nil && f.acquaintances.Knows(domain)
}

// exchanged says whether b, one slip away from a, is a with two neighbours exchanged.
func exchanged(a, b string) bool {
	i := fork(a, b)
	return len(a) == len(b) && i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i]
}

// doubled says whether b, one slip away from a, is a with a letter typed twice.
func doubled(a, b string) bool {
	i := fork(a, b)
	return len(b) == len(a)+1 && i > 0 && b[i] == b[i-1] && b[i] != '.'
}

// fork is how much of their beginnings two texts have in common, in bytes.
func fork(a, b string) (i int) {
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return i
}

// oneSlip says whether a becomes b by one insertion, deletion, replacement or exchange of neighbours.
func oneSlip(a, b string) bool {
	i := fork(a, b)
	a, b = a[i:], b[i:]
	switch {
	case len(a) == len(b)+1:
		return a[1:] == b
	case len(a)+1 == len(b):
		return a == b[1:]
	case len(a) != len(b) || a == "":
		return false
	}
	return a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
}

// isList says whether an address is a mailing list: by the configuration, or by its form.
func (f *Filter) isList(addr string) bool {
	for _, pattern := range f.cfg.Recipients.Lists {
		if policy.MatchAddress(pattern, addr) {
			return true
		}
	}
	local, domain, _ := strings.Cut(strings.ToLower(addr), "@")
	for _, first := range []string{"lists.", "list.", "listserv.", "liste.", "lister.", "googlegroups.com"} {
		if strings.HasPrefix(domain, first) {
			return true
		}
	}
	for _, word := range strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '-' || r == '_' }) {
		switch word {
		case "list", "liste", "lista", "lister", "listserv", "mailingliste", "maillist", "mailinglist", "postiliste", "postituslista", "alle", "all", "everyone", "kaikki":
			return true
		}
	}
	return false
}

// namesOf gives the name that the header has for each address.
func namesOf(head *message.Mail) map[string]string {
	names := map[string]string{}
	for _, list := range [][]message.Address{head.To, head.Cc, head.Bcc} {
		for _, a := range list {
			if a.Name != "" && a.Addr != "" {
				names[strings.ToLower(a.Addr)] = a.Name
			}
		}
	}
	return names
}

// misnamed says whether a person's name in the header and a person's name in the address are those of two people. It
// wants at least two words in each, and not one word, nor an initial, in common; all else is no name, or not sure.
func misnamed(name, addr string) bool {
	local, _, ok := strings.Cut(addr, "@")
	if !ok || !strings.ContainsAny(name, " ,") || strings.Contains(name, "@") {
		return false // one word, or none
	}
	theirs, own := nameWords(name, " ,"), nameWords(local, "._-")
	if len(theirs) < 2 || len(own) < 2 {
		return false
	}
	for _, a := range own {
		for _, b := range theirs {
			if strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
				return false
			}
		}
	}
	return true
}

// nameWords splits a name into words of at least three letters, folded to ASCII the way that addresses are made. A word with
// a digit or another sign makes it no name.
func nameWords(s, separators string) (words []string) {
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		w = folded.Replace(strings.Trim(w, ".'\""))
		if strings.ContainsFunc(w, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' }) {
			return nil
		}
		if len(w) >= 3 {
			words = append(words, w)
		}
	}
	return words
}

var folded = strings.NewReplacer("æ", "ae", "ø", "oe", "å", "aa", "ä", "a", "ö", "o", "é", "e", "è", "e", "ü", "u", "á", "a", "í", "i", "ó", "o", "ú", "u", "ý", "y", "ð", "d", "þ", "th")
