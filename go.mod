module postvagt

go 1.26
