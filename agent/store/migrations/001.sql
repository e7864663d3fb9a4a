-- What the agent remembers beside its transmissions. Tables of transmissions are made of event.Fields.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Unfinished state of package track, opaque here.
CREATE TABLE item (
    key  TEXT PRIMARY KEY,
    data BLOB NOT NULL,
    due  INTEGER              -- microseconds since 1970, NULL for none
) WITHOUT ROWID;
CREATE INDEX item_due ON item (due);

-- How far each source of lines was read.
CREATE TABLE position (
    source TEXT PRIMARY KEY,
    data   BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE unknown_lines (
    program TEXT PRIMARY KEY,
    lines   INTEGER NOT NULL
) WITHOUT ROWID;

-- Spans for which lines were lost before they could be read.
CREATE TABLE gap (
    source    TEXT NOT NULL,
    from_time INTEGER NOT NULL,
    to_time   INTEGER NOT NULL,
    lines     INTEGER NOT NULL,
    PRIMARY KEY (source, from_time, to_time)
) WITHOUT ROWID;

-- Daily figures: how many transmissions of each facet, and the sums of their numbers.
CREATE TABLE rollup (
    day        INTEGER NOT NULL, -- local days since 1970-01-01
    facet      INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    persons    INTEGER NOT NULL,
    recipients INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    PRIMARY KEY (day, facet)
) WITHOUT ROWID;

-- The same for each value of a field whose different values are counted.
CREATE TABLE entity (
    field TEXT NOT NULL,
    day   INTEGER NOT NULL,
    facet INTEGER NOT NULL,
    value TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (field, day, facet, value)
) WITHOUT ROWID;
