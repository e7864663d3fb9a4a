package dashboards

// ReportQuestions are those that the report alone asks, beside those of its dashboard: so that both shares stand as a range, without
// and with the mails whose content could not be seen, for each department, week and month; and by which connections all mail left, which is
// what an archive without judgements can tell (R1, R8). They are on no dashboard.
func ReportQuestions() []Question {
	var all []Question
	for _, q := range []Question{unseenMails(), leftSafelyUnseen(), doneRightUnseen()} {
		title := q.Title
		all = append(all, byDepartment(q, q.ID+"-departments", Text{DA: title.DA + ", efter afdeling", EN: title.EN + ", by department"}))
		if q.Measure.Kind == Ratio { // the dashboard asks for unseen mails by week
			all = append(all, weekly(q, q.ID+"-weekly", Text{DA: title.DA + ", uge for uge", EN: title.EN + ", week by week"}))
		}
	}
	for _, q := range []Question{recognisedMails(), leftSafely(), leftSafelyUnseen(), doneRightMails(), doneRightUnseen(), unseenMails(), heldMails()} {
		title := q.Title
		all = append(all, often(q, q.ID+"-monthly", "month", Text{DA: title.DA + ", måned for måned", EN: title.EN + ", month by month"}))
	}
	all = append(all, by(copiesThatLeft(), "copies-transports", fTransport, 0, Bar, Text{DA: "Sådan forlod alle mails huset", EN: "How all mail left"}))
	for i := range all {
		all[i].Dashboards, all[i].Beside = nil, besides()
	}
	return all
}
