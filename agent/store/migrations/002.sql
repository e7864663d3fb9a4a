-- Transmissions that must outlive the time of keeping, and why: a case, a frozen report.
CREATE TABLE hold (
    key    BLOB NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (key, reason)
) WITHOUT ROWID;
CREATE INDEX hold_reason ON hold (reason);

-- Days that came from archives; they are kept until somebody releases them.
CREATE TABLE archive_day (
    day INTEGER PRIMARY KEY
);
