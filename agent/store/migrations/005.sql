-- What is to be told: alerts and notices, each once. After it was sent or refused only its name and time stay.
CREATE TABLE outbox (
    id    TEXT PRIMARY KEY,
    at    INTEGER NOT NULL, -- microseconds since 1970, UTC: when it was put here
    due   INTEGER,          -- of the next try; NULL when it is done
    tries INTEGER NOT NULL DEFAULT 0,
    data  BLOB,             -- NULL when it is done
    state TEXT NOT NULL     -- waiting, sent, refused
) WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL;
