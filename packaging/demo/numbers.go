package main

import "fmt"

// The numbers of the sample mails are well-formed by the rules of their countries, and belong to nobody:
// each is of a range that its issuer keeps for tests, replacements or imaginary persons.

// birthdays are the dates of birth of the imaginary persons; n picks one.
var birthdays = [][3]int{{4, 2, 61}, {17, 9, 48}, {23, 11, 87}, {8, 6, 72}, {12, 3, 66}, {30, 5, 16}, {21, 10, 79}}

func birthday(n int) (day, month, year int) {
	b := birthdays[(n-1)%len(birthdays)]
	return b[0], b[1], b[2]
}

// cpr makes a Danish replacement number: the day is raised by 60, modulus 11 holds.
func cpr(n int) string {
	day, month, year := birthday(n)
	date := fmt.Sprintf("%02d%02d%02d", day+60, month, year)
	century := "0" // 1900s
	if year < 37 {
		century = "4" // 2000s
	}
	for serial := 100 + 37*n; ; serial++ {
		number := fmt.Sprintf("%s%s%03d", date, century, serial%1000)
		if weighted(number, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 {
			return date + "-" + number[6:]
		}
	}
}

// pnr makes a Swedish number of the serials 980–999, which the tax agency keeps for tests.
func pnr(n int) string {
	day, month, year := birthday(n)
	number := fmt.Sprintf("%02d%02d%02d%03d", year, month, day, 980+n%20)
	sum := 0
	for i := range number {
		d := int(number[i]-'0') * (2 - i%2)
		sum += d/10 + d%10
	}
	return fmt.Sprintf("%s-%s%d", number[:6], number[6:], (10-sum%10)%10)
}

// fnr makes a Norwegian number of the tax agency's synthetic population: the month is raised by 80.
func fnr(n int) string {
	day, month, year := birthday(n)
	for individual := 100 + 13*n; ; individual++ {
		number := fmt.Sprintf("%02d%02d%02d%03d", day, month+80, year, individual)
		k1 := (11 - weighted(number, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11) % 11
		number += fmt.Sprint(k1)
		k2 := (11 - weighted(number, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
		if k1 < 10 && k2 < 10 {
			return number[:6] + " " + number[6:] + fmt.Sprint(k2)
		}
	}
}

// hetu makes a Finnish number of the individual numbers 900–999, which are never given to a person.
func hetu(n int) string {
	day, month, year := birthday(n)
	individual := 900 + 7*n
	date := fmt.Sprintf("%02d%02d%02d", day, month, year)
	var all int
	for _, c := range fmt.Sprintf("%s%03d", date, individual) {
		all = all*10 + int(c-'0')
	}
	return fmt.Sprintf("%s-%03d%c", date, individual, "0123456789ABCDEFHJKLMNPRSTUVWXY"[all%31])
}

// kennitala is one of the imaginary persons (gervimaður) that the Icelandic registry has published for tests.
func kennitala(int) string { return "010130-2989" }

func weighted(digits string, weights ...int) (sum int) {
	for i, w := range weights {
		sum += w * int(digits[i]-'0')
	}
	return sum
}
