-- Figures of a month that somebody entered: reported, not measured.
CREATE TABLE reported (
    month      TEXT NOT NULL,    -- 2011-01
    channel    TEXT NOT NULL,
    department TEXT NOT NULL,    -- '' for the whole house
    source     TEXT NOT NULL,
    count      INTEGER NOT NULL,
    entered_by TEXT NOT NULL,
    entered    INTEGER NOT NULL, -- microseconds since 1970
    PRIMARY KEY (month, channel, department, source)
) WITHOUT ROWID;
