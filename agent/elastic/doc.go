// Package elastic ships the transmissions that are not yet shipped to Elasticsearch, and keeps house there.
//
// # What is shipped
//
// One document for each transmission, in the index of its month (postvagt-transmissions-2026.11, one shard), which never
// changes. _id is the row's key, its version is external: generation · 2^40 + revision. So a replay changes
// nothing, and an older state never replaces a newer one. Addresses leave as pseudonyms; message-ids and the names and
// addresses of clients stay in the agent, as they may name persons (see Document). Beside the fields of package event a
// document bears postvagt.hash (of its content, without the revision), postvagt.agent (the store it comes from),
// postvagt.generation and postvagt.archive.
//
// Notes (event.Note) are what is to be known beside transmissions: measures by their kind, reported figures, the stock of secure
// mailboxes, who sent openly in which month as pseudonyms, lost lines, those that were not understood, and lag. They stand in the index
// postvagt-notes, which the retention leaves alone: a note goes when what it is made of goes. _id is the agent's name and the
// note's key, the version is external as that of a row. Several agents ship each what they were told, so a figure is
// entered, and secure mailboxes are listed, for one agent only.
//
// # What becomes of a row
//
//	done     accepted; or 409 while the stored version is not lower than ours and the hash is the same
//	retry    the request failed, 408, 429, 5xx, or the index is blocked (a full disk): it stays to be shipped, after a pause
//	refused  other 4xx, and 409 with another hash: kept, counted and shown by its reason, which never holds a value;
//	         shipped again when the row changes and at the next start
//	dropped  its month was deleted: counted, never made again
//
// Rows wait in the store's database, so the backlog is bounded by its disk alone; in memory are a few requests.
//
// # Indices
//
// The template forbids automatic creation: a month's index is made by the agent that first needs it, and where it is
// gone later, it was deleted. Retention deletes whole months by name, but not those that hold imported archives.
// After a restore all rows are shipped anew in a higher generation, and documents of lower ones that no row
// stands behind are deleted.
//
// A template with a higher version than ours is left alone. An index of an older schema is brought up to date by
// Upgrade: writing is blocked, its documents are copied into postvagt-store-2026.11-s<schema> with their versions, and the
// old name becomes an alias of the copy in the same step that removes the original.
//
// # Rights
//
// The agent needs the cluster privileges monitor and manage_index_templates, and on postvagt-transmissions-*,
// postvagt-notes and postvagt-store-* create_index, view_index_metadata, read, write, maintenance, and delete_index for the retention. Without
// manage_index_templates the templates must have been brought by postvagt-agent dashboards install.
package elastic
