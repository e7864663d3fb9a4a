package dashboards

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"postvagt/agent/event"
)

// types are the fields of documents.
func types() map[string]string {
	all := map[string]string{}
	for _, f := range event.Fields {
		all[f.Name] = string(f.Type)
	}
	return all
}

// noteTypes are the fields of notes.
func noteTypes() map[string]string {
	all := map[string]string{}
	for _, f := range event.NoteFields {
		all[f.Name] = string(f.Type)
	}
	return all
}

func TestSavedObjectsAreSound(t *testing.T) {
	for _, lang := range Languages() {
		objects, err := SavedObjects(lang, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := lint(objects, types()); err != nil {
			t.Errorf("%s: %v", lang, err)
		}
		again, err := SavedObjects(lang, true)
		if err != nil || !bytes.Equal(objects, again) {
			t.Errorf("%s: made twice, they differ, %v", lang, err)
		}
		for _, q := range append(Questions(), KibanaQuestions()...) {
			for _, board := range q.Dashboards {
				if !bytes.Contains(objects, []byte(PanelID(lang, board, q.ID))) {
					t.Errorf("%s: %s is not on %s", lang, q.ID, board)
				}
			}
		}
	}
	da, _ := SavedObjects("da", true)
	en, _ := SavedObjects("en", true)
	both := append(bytes.Clone(da), en...)
	if err := lint(both, types()); err != nil {
		t.Errorf("both languages in one Kibana: %v", err)
	}
}

// Where staff were not informed nothing compares senders; all else is there.
func TestDashboardsWithoutRanking(t *testing.T) {
	objects, err := SavedObjects("en", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := lint(objects, types()); err != nil {
		t.Error(err)
	}
	ranked := 0
	for _, q := range append(Questions(), KibanaQuestions()...) {
		for _, board := range q.Dashboards {
			if bytes.Contains(objects, []byte(PanelID("en", board, q.ID))) == q.Ranks() {
				t.Errorf("%s on %s: it ranks: %v", q.ID, board, q.Ranks())
			}
		}
		if q.Ranks() {
			ranked++
		}
	}
	if ranked == 0 {
		t.Errorf("%d questions rank senders", ranked)
	}
}

// How to read what was told beside the transmissions is said on each dashboard that shows such, in its language.
func TestDashboardsSayWhereNotesComeFrom(t *testing.T) {
	for _, lang := range Languages() {
		objects, err := SavedObjects(lang, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, board := range Boards() {
			note := aboutNotes(board.ID).In(lang)
			if want := slices.ContainsFunc(On(board.ID), func(q Question) bool { return q.Notes }); (note != "") != want {
				t.Errorf("%s: says %q", board.ID, note)
			}
			if note != "" && strings.Count(string(objects), note) != 1 {
				t.Errorf("%s %s: the note stands on %d dashboards", lang, board.ID, strings.Count(string(objects), note))
			}
		}
	}
}

// Each rule of the lint finds its defect.
func TestLintFindsDefects(t *testing.T) {
	good, err := SavedObjects("en", true)
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]struct{ old, new, want string }{
		"no new line at the end":  {"}\n", "}", "does not end with a new line"},
		"no JSON":                 {`{"attributes"`, `{attributes"`, "invalid character"},
		"unknown key":             {`"managed":false`, `"namespaces":[],"managed":false`, "unknown field"},
		"twice":                   {`"id":"postvagt-incidents-en"`, `"id":"postvagt-transport-en"`, "stands twice"},
		"unknown type":            {`"type":"tag","typeMigrationVersion"`, `"type":"lens","typeMigrationVersion"`, "this type is not used"},
		"id of chance":            {`"id":"postvagt-incidents-en"`, `"id":"Incidents"`, "no name of ours"},
		"newer version":           {`"typeMigrationVersion":"8.9.0"`, `"typeMigrationVersion":"10.2.0"`, "not 8.8.0 and 8.9.0"},
		"newer core version":      {`"coreMigrationVersion":"8.8.0"`, `"coreMigrationVersion":"8.19.0"`, "not 8.8.0"},
		"unknown attribute":       {`"hits":0`, `"hit":0`, "unknown attribute hit"},
		"view without title":      {`"title":"postvagt-transmissions-*",`, ``, "lacks title"},
		"title of another":        {`"title":"[Postvagt] Incidents"`, `"title":"Incidents"`, "does not begin with [Postvagt]"},
		"colour":                  {`"color":"#17687c"`, `"color":"#ff0000"`, "none of ours"},
		"no string":               {`"optionsJSON":"{\"hidePanelTitles\":false,\"syncColors\":true,\"syncCursor\":true,\"syncTooltips\":false,\"useMargins\":true}"`, `"optionsJSON":{}`, "optionsJSON is no string"},
		"string without JSON":     {`"optionsJSON":"{`, `"optionsJSON":"{{`, "optionsJSON: invalid"},
		"no time":                 {`"timeTo":"now",`, ``, "timeRestore without"},
		"outside the grid":        {`\"w\":48,`, `\"w\":49,`, "outside the 48 columns"},
		"overlap":                 {`\"x\":12,\"y\":4}`, `\"x\":6,\"y\":4}`, "overlap"},
		"grid of another":         {`\"i\":\"`, `\"i\":\"x`, "lies in the grid as"},
		"reference missing":       {`{"id":"postvagt-view-en","name":"`, `{"id":"postvagt-view-en","name":"x`, "is missing"},
		"reference too many":      {`"references":[{"id"`, `"references":[{"id":"postvagt-tag-en","name":"more","type":"tag"},{"id"`, "is not needed"},
		"reference to nothing":    {`"id":"postvagt-search-en","managed"`, `"id":"postvagt-find-en","managed"`, "which is not in the file"},
		"reference of the panel":  {`\"name\":\"indexpattern-datasource-layer-`, `\"name\":\"datasource-layer-`, "the panel's reference"},
		"visualisation":           {`\"visualizationType\":\"lnsMetric\"`, `\"visualizationType\":\"lnsMetrik\"`, "visualizationType"},
		"no filters":              {`\"filters\":[],\"internalReferences\"`, `\"internalReferences\"`, "state.filters is missing"},
		"no legend":               {`\"legend\":{\"isVisible\":false,\"position\":\"right\"},`, ``, "legend is missing"},
		"accessor":                {`\"metricAccessor\":\"value\"`, `\"metricAccessor\":\"valve\"`, "which is no column"},
		"x accessor":              {`\"xAccessor\":\"split\"`, `\"xAccessor\":\"time\"`, "which is no column"},
		"column of a table":       {`\"columnId\":\"split\"}`, `\"columnId\":\"key\"}`, "which is no column"},
		"layer":                   {`\"layerId\":\"`, `\"layerId\":\"x`, "which is not there"},
		"column order":            {`\"columnOrder\":[\"value\"]`, `\"columnOrder\":[]`, "columnOrder lists 0 of 1"},
		"numbers first":           {`\"columnOrder\":[\"split\",\"value\"]`, `\"columnOrder\":[\"value\",\"split\"]`, "stands after numbers"},
		"no scale":                {`\"scale\":\"interval\"`, `\"scale\":\"\"`, "lacks label"},
		"order of terms":          {`\"orderBy\":{\"columnId\":\"value\"`, `\"orderBy\":{\"columnId\":\"n\"`, "ordered by"},
		"operation":               {`\"operationType\":\"unique_count\"`, `\"operationType\":\"cardinality\"`, "has the operation"},
		"formula alone":           {`\"references\":[\"valueX2\"]`, `\"references\":[]`, "without the columns it is made of"},
		"formula of nothing":      {`\"references\":[\"valueX2\"]`, `\"references\":[\"valueX9\"]`, "refers to valueX9"},
		"count of a field":        {`___records___`, `email.size`, "count of email.size"},
		"field of a sum":          {`\"sourceField\":\"postvagt.size\"`, `\"sourceField\":\"postvagt.level\"`, "sum of postvagt.level"},
		"field of terms":          {`\"sourceField\":\"postvagt.relay\"`, `\"sourceField\":\"postvagt.size\"`, "terms of postvagt.size"},
		"unknown field":           {`\"sourceField\":\"postvagt.relay\"`, `\"sourceField\":\"postvagt.hop\"`, "no field postvagt.hop"},
		"field of a query":        {`postvagt.first : true`, `postvagt.frist : true`, "no field postvagt.frist"},
		"field of notes":          {`postvagt.note : \\\"open-sender\\\"`, `postvagt.level : \\\"open-sender\\\"`, "no field postvagt.level"},
		"mark of no field":        {`\"query\":\"postvagt.note : \\\"measure\\\"`, `\"query\":\"postvagt.level : \\\"measure\\\"`, "no field postvagt.level"},
		"mark that is no query":   {`\"type\":\"kibana_query\"`, `\"type\":\"query\"`, "is no query for points in time"},
		"mark without a label":    {`\"label\":\"instruction\",`, ``, "has no label"},
		"time of a mark":          {`\"timeField\":\"@timestamp\"`, `\"timeField\":\"postvagt.what\"`, "which is a keyword"},
		"reference of marks":      {`\"name\":\"xy-visualization-layer-`, `\"name\":\"xy-layer-`, "the panel's reference"},
		"marks of other data":     {`{\"id\":\"postvagt-notes-en\",\"name\":\"xy-`, `{\"id\":\"postvagt-view-en\",\"name\":\"xy-`, "on the panel and"},
		"bad KQL":                 {`postvagt.first : true`, `postvagt.first true`, "KQL"},
		"column of a search":      {`"columns":["postvagt.department"`, `"columns":["department"`, "no field department"},
		"control":                 {`\"fieldName\":\"postvagt.level\"`, `\"fieldName\":\"postvagt.size\"`, "control of postvagt.size"},
		"kind of control":         {`optionsListControl`, `optionList`, "is of type"},
		"no tag":                  {`"name":"tag-ref-postvagt-tag-en"`, `"name":"tag-postvagt"`, "bears no tag"},
		"link":                    {`(#/view/postvagt-transmissions-en`, `(#/view/postvagt-mails-en`, "a link leads to"},
		"other visualisation":     {`\"type\":\"markdown\"`, `\"type\":\"vega\"`, `is a "vega"`},
		"type of panel":           {`\"type\":\"lens\"}`, `\"type\":\"lense\"}`, "is of type"},
		"reference of the search": {`\"panelRefName\":\"panel_`, `\"panelRefName\":\"p_`, "names the reference"},
		"search without a view":   {`,\"indexRefName\":\"kibanaSavedObjectMeta.searchSourceJSON.index\"`, ``, "names no data view"},
	} {
		bad := strings.Replace(string(good), d.old, d.new, -1)
		if d.old == "}\n" {
			bad = strings.TrimSuffix(string(good), "\n")
		}
		if bad == string(good) {
			t.Errorf("%s: %q is not in the file", name, d.old)
			continue
		}
		if err := lint([]byte(bad), types()); err == nil || !strings.Contains(err.Error(), d.want) {
			said := ""
			if err != nil {
				said = err.Error()
			}
			t.Errorf("%s: want %q, got %.300s", name, d.want, said)
		}
	}
}
