-- Who may log in to the pages.
CREATE TABLE user (
    name         TEXT PRIMARY KEY,
    roles        TEXT NOT NULL,   -- JSON array
    departments  TEXT NOT NULL,   -- JSON array
    hash         TEXT NOT NULL,   -- of the password, Argon2id
    revision     INTEGER NOT NULL,
    disabled     INTEGER NOT NULL,
    failures     INTEGER NOT NULL,
    locked_until INTEGER,         -- times in microseconds since 1970, NULL for none
    created      INTEGER NOT NULL,
    last_login   INTEGER
) WITHOUT ROWID;

-- Who opened what. It is written once and never changed; what is older than meta.access_from may go.
CREATE TABLE access (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    user   TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX access_at ON access (at);
CREATE INDEX access_user ON access (user, at);
CREATE TRIGGER access_stays BEFORE UPDATE ON access BEGIN SELECT RAISE(ABORT, 'the access log is not changed'); END;
CREATE TRIGGER access_kept BEFORE DELETE ON access
    WHEN OLD.at >= ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'access_from'), 0)
    BEGIN SELECT RAISE(ABORT, 'the access log is not changed'); END;

-- Registers of what people state: measures, controls, samples, frozen reports, the settings in force. An entry is
-- corrected by a further revision; what was said stays.
CREATE TABLE entry (
    register TEXT NOT NULL,
    id       TEXT NOT NULL,
    revision INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    author   TEXT NOT NULL,
    data     BLOB NOT NULL,       -- JSON, of the register's own form
    PRIMARY KEY (register, id, revision)
) WITHOUT ROWID;
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'an entry is not changed, but followed by a revision'); END;
CREATE TRIGGER entry_kept BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'an entry is not deleted'); END;
