-- Which rules found something in a message that is confidential or sensitive, for who judges it a false alarm.
CREATE TABLE found (
    id    TEXT PRIMARY KEY, -- postvagt.verdict_id
    at    INTEGER NOT NULL, -- microseconds since 1970
    rules TEXT NOT NULL     -- JSON
) WITHOUT ROWID;
CREATE INDEX found_at ON found (at);
