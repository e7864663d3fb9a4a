-- The settings that the milter of each host said to be in force: at its start, at each reload and with each self-test.
CREATE TABLE setting (
    host   TEXT NOT NULL,
    at     INTEGER NOT NULL, -- microseconds since 1970, UTC
    mode   TEXT NOT NULL,
    policy TEXT NOT NULL,
    rules  TEXT NOT NULL,
    PRIMARY KEY (host, at)
) WITHOUT ROWID;
