-- What is to be known beside transmissions: see event.Note. A note that is gone keeps its row, without what it said, so
-- that its next revision is higher.
CREATE TABLE note (
    key        TEXT PRIMARY KEY,
    time       INTEGER NOT NULL, -- microseconds since 1970
    kind       TEXT NOT NULL,
    what       TEXT NOT NULL,
    name       TEXT NOT NULL,
    channel    TEXT NOT NULL,
    source     TEXT NOT NULL,
    department TEXT NOT NULL,
    count      INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    gone       INTEGER NOT NULL,
    shipped    INTEGER NOT NULL DEFAULT 0, -- the revision that Elasticsearch has
    refused    TEXT NOT NULL DEFAULT ''    -- why it does not take this revision
) WITHOUT ROWID;
CREATE INDEX note_kind ON note (kind, time);
CREATE INDEX note_waits ON note (key) WHERE shipped <> revision AND refused = '';
