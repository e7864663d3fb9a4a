-- Every answer of a milter to its test message: how many passed in a period.
CREATE TABLE selftest_answer (
    host TEXT NOT NULL,
    at   INTEGER NOT NULL, -- microseconds since 1970
    good INTEGER NOT NULL, -- the test message would be stopped
    PRIMARY KEY (host, at)
) WITHOUT ROWID;
INSERT INTO selftest_answer (host, at, good) SELECT host, at, good IS NOT NULL AND good >= at FROM selftest;
INSERT OR IGNORE INTO selftest_answer (host, at, good) SELECT host, good, 1 FROM selftest WHERE good IS NOT NULL;
