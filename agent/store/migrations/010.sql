-- What the milter of each host answered to its test message: the last answer, and the last good one.
CREATE TABLE selftest (
    host   TEXT PRIMARY KEY,
    at     INTEGER NOT NULL, -- microseconds since 1970, UTC
    good   INTEGER,          -- of the last that would be stopped, NULL for none
    wanted TEXT NOT NULL
) WITHOUT ROWID;
