package dashboards

// Board is one dashboard: what it is for, and the measures of time that it is first shown for.
type Board struct {
	ID    string
	Title Text
	Help  Text
	From  string // Kibana's time: "now-90d"
}

// IDs of dashboards.
const (
	Ombudsman  = "ombudsman"  // R5, R6, R8: the answer to the authority
	Incidents  = "incidents"  // what has to be looked into
	Repeated   = "repeated"   // R9, R10: the same again
	Transport  = "transport"  // by which connections mail leaves
	Operations = "operations" // whether all is seen
)

// Boards returns the dashboards in the order in which they are shown.
func Boards() []Board {
	return []Board{
		{Ombudsman, Text{DA: "Ombudsmanden", EN: "Ombudsman"},
			Text{DA: "Bliver reglerne generelt overholdt, og kan det vises? Intet tal står alene: se altid, hvad der ikke kunne ses, og hvad der er uvist.",
				EN: "Are the rules generally kept, and can it be shown? No figure stands alone: look at what could not be seen, and at what is unknown."}, "now-90d"},
		{Incidents, Text{DA: "Hændelser", EN: "Incidents"},
			Text{DA: "Det, som nogen skal se på: hver mail her skal vurderes.", EN: "What somebody has to look into: each mail here has to be assessed."}, "now-30d"},
		{Repeated, Text{DA: "Gentagelser", EN: "Repeated"},
			Text{DA: "Hvor det samme sker igen. Afsendere og modtagere er pseudonymer; navne slås op på agentens egne sider af dem, der må.",
				EN: "Where the same happens again. Senders and recipients are pseudonyms; names are looked up on the agent's own pages by those who may."}, "now-90d"},
		{Transport, Text{DA: "Forbindelser", EN: "Transport"},
			Text{DA: "Hvordan mails forlader huset. Kryptering beviser ét led, ikke hvem der læser.", EN: "How mail leaves. Encryption proves one hop, not who reads."}, "now-30d"},
		{Operations, Text{DA: "Drift", EN: "Operations"},
			Text{DA: "Om alt bliver set. Forsinkelse, efterslæb og linjer, der ikke forstås, står i agentens målinger (Prometheus).",
				EN: "Whether everything is seen. Latency, lag and lines that are not understood stand in the agent's metrics (Prometheus)."}, "now-7d"},
	}
}

// On returns the questions of a dashboard in Kibana, in order.
func On(board string) []Question {
	var all []Question
	for _, q := range append(Questions(), KibanaQuestions()...) {
		for _, id := range q.Dashboards {
			if id == board {
				all = append(all, q)
			}
		}
	}
	return all
}
