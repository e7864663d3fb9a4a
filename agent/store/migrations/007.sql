-- Days under hold, first and last included, and why: a frozen report.
CREATE TABLE hold_days (
    reason TEXT NOT NULL,
    first  INTEGER NOT NULL, -- local days since 1970-01-01
    last   INTEGER NOT NULL,
    PRIMARY KEY (reason, first, last)
) WITHOUT ROWID;
