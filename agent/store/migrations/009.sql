-- Transmissions that Elasticsearch does not have as they are now, by their id. Filled while meta.shipping is there.
CREATE TABLE unshipped (
    id INTEGER PRIMARY KEY
);

-- Those that Elasticsearch does not take as they are, and why. A change of the transmission ships it again.
CREATE TABLE refused (
    id       INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    reason   TEXT NOT NULL
);

-- Months that have an index, or had one: those are never made again.
CREATE TABLE shipped_month (
    month   TEXT PRIMARY KEY,
    deleted INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
