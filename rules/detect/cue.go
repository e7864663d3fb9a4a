package detect

// Classes of what a matched term means. The ones from classTitle on are named in rule files.
const (
	classTopic = iota
	classLanguage
	classNumberContext
	classNumberAgainst
	classTitle     // Hr., fru: a capitalised word after it is a person's name
	classRole      // the person whom a case is about: borgeren, klienten, eleven
	classThird     // he, she, his, her
	classSecond    // you, your: the recipient
	classFirst     // I, my: the sender
	classRelative  // my son, his mother
	classIdentity  // born, living at: what tells who someone is
	classGiven     // given names; only where capitalised
	classSurname   // surnames; only where capitalised
	classHousehold // family: a capitalised word before it is a name
	classPlace     // capitalised, and nobody's name
	classGreeting  // Dear
	classClosing   // Kind regards: a signature follows
	classOfficial  // staff: a name after it is not the person concerned
	classPlural    // people in general: citizens, patients
	classCondition // if, when: what follows is supposed, not told
	classDiscuss   // the mail talks about such things: course, policy, statistics
	classNumber    // order, invoice, phone: a number after it is not a person's
	classAnyNumber // number: the plain word, which says nothing
	classOwn       // our account: of the organisation itself
	classNot       // negation
	classSender    // who sends: a substance-abuse centre
	classContact   // an appointment or a course of treatment with the sender
	classAskSend   // send, reply
	classAskData   // what is asked for: the national number, a medical certificate
	classAskMail   // by mail
	classMoney     // amounts: an account number is somebody's
	classTold      // something was told or decided about one person: was admitted, has been granted
	classCompany   // a legal form: the account is an organisation's
	classCase      // case, property: the number right after it is not a person's
	classYear      // in, from: a year may follow
	classMine      // my account: a person's
	classMinutes   // the genres, in the order of genre.go
	classAdvice
	classAnimal
	classAdvert
	classNews
	classTemplate
	classScience
	classHistory
	classAuto
	classGoods
	classCount
)

const firstCue = classTitle

func cueClassNames() []string {
	return []string{"title", "role", "third", "second", "first", "relative", "identity", "given", "surname", "household", "place", "greeting", "closing",
		"official", "plural", "condition", "discuss", "number", "any-number", "own", "not", "sender", "contact", "ask-send", "ask-data", "ask-mail", "money", "told",
		"company", "case", "year", "mine", "minutes", "advice", "animal", "advert", "news", "template", "science", "history", "auto", "goods"}
}

func cueClass(name string) (uint8, bool) {
	for i, n := range cueClassNames() {
		if n == name {
			return uint8(firstCue + i), true
		}
	}
	return 0, false
}
