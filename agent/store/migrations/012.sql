-- When the mail server of a host did not reach the check: to when it judged again, NULL while it did not.
CREATE TABLE outage (
    host      TEXT NOT NULL,
    from_time INTEGER NOT NULL, -- microseconds since 1970, UTC
    to_time   INTEGER,
    PRIMARY KEY (host, from_time)
) WITHOUT ROWID;
