package track

func evidence(m *message, j *judgement, r row) []string {
	marks := make([]mark, 0, 12)
	marks = append(marks, m.Proof...)
	if j != nil {
		marks = append(marks, j.Proof)
	}
	if r.judged != nil {
		marks = append(marks, r.judged.Proof)
	}
	if r.mta != nil {
		for i := range r.mta.Outs {
			marks = append(marks, r.mta.Outs[i].Proof[:]...)
		}
	}
	kept := marks[:0]
	for _, k := range marks {
		if k.Source != "" {
			kept = append(kept, k)
		}
	}
	sortMarks(kept)
	list := make([]string, 0, len(kept))
	for i, k := range kept {
		if i == 0 || k != kept[i-1] {
			list = append(list, k.String())
		}
	}
	return list
}

// sortMarks orders by source and position, so that the order in which sources were read leaves no trace.
func sortMarks(marks []mark) {
	for i := 1; i < len(marks); i++ {
		for k := i; k > 0 && lessMark(marks[k], marks[k-1]); k-- {
			marks[k], marks[k-1] = marks[k-1], marks[k]
		}
	}
}

func lessMark(a, b mark) bool {
	if a.Source != b.Source {
		return a.Source < b.Source
	}
	if a.Pos != b.Pos {
		return a.Pos < b.Pos
	}
	return a.Hash < b.Hash
}
