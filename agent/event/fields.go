package event

import "time"

// Fields lists every field in the order of the columns.
var Fields = []Field{
	text("event.id", "key", func(d *Document) *string { return &d.Key }),
	date("@timestamp", "time", func(d *Document) *time.Time { return &d.Time }),
	text("postvagt.month", "month", func(d *Document) *string { return &d.Month }),
	text("host.name", "host", func(d *Document) *string { return &d.Host }),
	text("postvagt.instance", "instance", func(d *Document) *string { return &d.Instance }),
	text("postvagt.queue_id", "queue_id", func(d *Document) *string { return &d.QueueID }),
	text("email.message_id", "message_id", func(d *Document) *string { return &d.MessageID }),
	text("postvagt.verdict_id", "verdict_id", func(d *Document) *string { return &d.VerdictID }),

	text("email.direction", "direction", func(d *Document) *string { return &d.Direction }),
	text("email.from.address", "sender", func(d *Document) *string { return &d.From }),
	text("email.to.address", "recipient", func(d *Document) *string { return &d.To }),
	text("postvagt.to_domain", "to_domain", func(d *Document) *string { return &d.ToDomain }),
	text("client.address", "client", func(d *Document) *string { return &d.Client }),
	text("user.email", "user", func(d *Document) *string { return &d.User }),
	long("postvagt.size", "size", func(d *Document) *int64 { return &d.Size }),
	text("postvagt.lang", "lang", func(d *Document) *string { return &d.Lang }),

	text("postvagt.level", "level", func(d *Document) *string { return &d.Level }),
	list("postvagt.kinds", "kinds", func(d *Document) *[]string { return &d.Kinds }),
	count("postvagt.persons", "persons", func(d *Document) *int { return &d.Persons }),
	text("postvagt.action", "action", func(d *Document) *string { return &d.Action }),
	text("postvagt.wanted", "wanted", func(d *Document) *string { return &d.Wanted }),
	text("postvagt.why", "why", func(d *Document) *string { return &d.Why }),
	text("postvagt.protection", "protection", func(d *Document) *string { return &d.Protection }),
	text("postvagt.algorithm", "algorithm", func(d *Document) *string { return &d.Algorithm }),
	flag("postvagt.strong", "strong", func(d *Document) *bool { return &d.Strong }),
	flag("postvagt.signed", "signed", func(d *Document) *bool { return &d.Signed }),
	count("postvagt.unopened", "unopened", func(d *Document) *int { return &d.Unopened }),
	long("postvagt.check_us", "check_us", func(d *Document) *int64 { return &d.CheckUS }),
	text("postvagt.check", "check_time", func(d *Document) *string { return &d.Check }),

	text("postvagt.channel", "channel", func(d *Document) *string { return &d.Channel }),
	text("postvagt.channel_state", "channel_state", func(d *Document) *string { return &d.ChannelState }),
	text("postvagt.class", "class", func(d *Document) *string { return &d.Class }),
	text("postvagt.promise", "promise", func(d *Document) *string { return &d.Promise }),
	text("postvagt.transport", "transport", func(d *Document) *string { return &d.Transport }),
	text("tls.version", "tls_version", func(d *Document) *string { return &d.TLSVersion }),
	text("tls.cipher", "tls_cipher", func(d *Document) *string { return &d.TLSCipher }),
	text("postvagt.relay", "relay", func(d *Document) *string { return &d.Relay }),

	text("postvagt.outcome", "outcome", func(d *Document) *string { return &d.Outcome }),
	date("postvagt.outcome_time", "outcome_time", func(d *Document) *time.Time { return &d.OutcomeTime }),
	text("postvagt.dsn", "dsn", func(d *Document) *string { return &d.DSN }),
	flag("postvagt.final", "final", func(d *Document) *bool { return &d.Final }),
	flag("postvagt.held", "held", func(d *Document) *bool { return &d.Held }),
	flag("postvagt.released", "released", func(d *Document) *bool { return &d.Released }),
	long("postvagt.delay_ms", "delay_ms", func(d *Document) *int64 { return &d.DelayMS }),
	text("postvagt.delay", "delay", func(d *Document) *string { return &d.Delay }),
	flag("postvagt.left", "left_house", func(d *Document) *bool { return &d.Left }),
	text("postvagt.protected", "protected", func(d *Document) *string { return &d.Protected }),
	flag("postvagt.after_objection", "after_objection", func(d *Document) *bool { return &d.AfterObjection }),
	text("postvagt.objector", "objector", func(d *Document) *string { return &d.Objector }),

	text("postvagt.department", "department", func(d *Document) *string { return &d.Department }),
	text("postvagt.secure_mailbox", "secure_mailbox", func(d *Document) *string { return &d.SecureMailbox }),

	flag("postvagt.first", "first", func(d *Document) *bool { return &d.First }),
	count("postvagt.recipients", "recipients", func(d *Document) *int { return &d.Recipients }),
	flag("postvagt.message_left", "message_left", func(d *Document) *bool { return &d.MessageLeft }),
	text("postvagt.message_protected", "message_protected", func(d *Document) *string { return &d.MessageProtected }),
	text("postvagt.message_direction", "message_direction", func(d *Document) *string { return &d.MessageDirection }),
	text("postvagt.done_right", "done_right", func(d *Document) *string { return &d.DoneRight }),
	text("postvagt.message_outcome", "message_outcome", func(d *Document) *string { return &d.MessageOutcome }),

	text("postvagt.finding", "finding", func(d *Document) *string { return &d.Finding }),
	list("postvagt.evidence", "evidence", func(d *Document) *[]string { return &d.Evidence }),
	long("postvagt.revision", "revision", func(d *Document) *int64 { return &d.Revision }),
	count("postvagt.schema", "schema_version", func(d *Document) *int { return &d.Schema }),
}

// FieldByName finds a field by its name or column.
func FieldByName(name string) (Field, bool) {
	for _, f := range Fields {
		if f.Name == name || f.Column == name {
			return f, true
		}
	}
	return Field{}, false
}

func field[T any](name, column string, typ Type, array bool, at func(*Document) *T) Field {
	return Field{Name: name, Column: column, Type: typ, Array: array,
		At:  func(d *Document) any { return at(d) },
		Get: func(d *Document) any { return *at(d) },
		Set: func(d *Document, v any) { *at(d) = v.(T) }}
}

func text(name, column string, at func(*Document) *string) Field {
	return field(name, column, Keyword, false, at)
}
func list(name, column string, at func(*Document) *[]string) Field {
	return field(name, column, Keyword, true, at)
}
func long(name, column string, at func(*Document) *int64) Field {
	return field(name, column, Long, false, at)
}
func count(name, column string, at func(*Document) *int) Field {
	return field(name, column, Long, false, at)
}
func flag(name, column string, at func(*Document) *bool) Field {
	return field(name, column, Boolean, false, at)
}
func date(name, column string, at func(*Document) *time.Time) Field {
	return field(name, column, Date, false, at)
}
