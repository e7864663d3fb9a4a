package event

// Row is a stored transmission on its way to Elasticsearch.
type Row struct {
	ID       int64 // its place in the order of shipping
	Document Document
	Archive  bool // it came from an imported archive that was not released: kept whatever its age
}

// Receipt says what became of a shipped row.
type Receipt struct {
	ID       int64
	Revision int64  // what was shipped; a row that has changed since is still to be shipped
	Refused  string // "" where it arrived; else why Elasticsearch does not take it, without any value of the document
	Dropped  bool   // its month was deleted after the time of keeping: not shipped, for good
}

// Shipping is what a store knows of the Elasticsearch that it ships to.
type Shipping struct {
	Agent      string // random name of this store, on each of its documents
	Generation int64  // counts restores; external versions are Generation · 2^40 + revision
	Known      bool   // this generation was shipped to this cluster before
}

// Backlog counts what Elasticsearch does not have.
type Backlog struct {
	Waiting int64
	Refused map[string]int64 // by reason
	Dropped int64            // since shipping began
}
