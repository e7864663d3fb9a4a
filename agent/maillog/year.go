package maillog

import "time"

// oldStamp reads "Nov 23 03:08:40[.123] " (RFC 3164). Most stamps lie in the hour of the one before, which spares
// the search for the year and the zone's offset.
func (p *Parser) oldStamp(s string) (t time.Time, rest string, ok bool) {
	if len(s) < 17 || s[3] != ' ' || s[6] != ' ' || s[9] != ':' || s[12] != ':' {
		return t, "", false
	}
	minute, second := atoi(s[10:12]), atoi(s[13:15])
	if minute < 0 || minute > 59 || second < 0 || second > 60 {
		return t, "", false
	}
	if s[:9] != p.hour {
		if !p.newHour(s) {
			return t, "", false
		}
	}
	nano, rest := fraction(s[15:])
	if len(rest) < 2 || rest[0] != ' ' {
		return t, "", false
	}
	return p.hourAt.Add(time.Duration(minute*60+second)*time.Second + time.Duration(nano)), rest[1:], true
}

func (p *Parser) newHour(s string) bool {
	month := monthOf(s[:3])
	day := atoi(s[4:6])
	if s[4] == ' ' {
		day = atoi(s[5:6])
	}
	hour := atoi(s[7:9])
	if month == 0 || day < 1 || day > 31 || hour < 0 || hour > 23 {
		return false
	}
	at, ok := p.year(month, day, hour)
	if !ok {
		return false
	}
	p.hour, p.hourAt = string([]byte(s[:9])), at.UTC()
	return true
}

// year finds the year of a stamp without one. A log runs forward: after a line it is the year that lies
// nearest to that line; for a first line the latest year that is not after the reference time.
func (p *Parser) year(month time.Month, day, hour int) (time.Time, bool) {
	base, first := p.last, p.last.IsZero()
	if first {
		base = p.opt.Reference
	}
	if base.IsZero() {
		return time.Time{}, false
	}
	var best time.Time
	y := base.In(p.opt.Zone).Year()
	for year := y + 1; year >= y-8; year-- { // 29 February may need eight years
		at := time.Date(year, month, day, hour, 0, 0, 0, p.opt.Zone)
		if at.Day() != day {
			continue
		}
		if first {
			if !at.After(base.Add(24 * time.Hour)) {
				return at, true
			}
			continue
		}
		if best.IsZero() || at.Sub(base).Abs() < best.Sub(base).Abs() {
			best = at
		}
	}
	return best, !best.IsZero()
}

func monthOf(s string) time.Month {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for i := 0; i < len(names); i += 3 {
		if names[i:i+3] == s {
			return time.Month(i/3 + 1)
		}
	}
	return 0
}
