-- The register of breaches: records that are only added. What they say is sealed under the key of their subject.
CREATE TABLE register_record (
    n       INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL, -- microseconds since 1970, UTC
    subject TEXT NOT NULL,
    kind    TEXT NOT NULL,
    sealed  BLOB,             -- NULL once its subject was erased
    digest  BLOB NOT NULL,
    link    BLOB NOT NULL
);
CREATE INDEX register_subject ON register_record (subject, n);
CREATE TRIGGER register_is_kept BEFORE DELETE ON register_record
BEGIN SELECT RAISE(ABORT, 'the register of breaches is only added to'); END;
CREATE TRIGGER register_is_not_changed BEFORE UPDATE ON register_record
WHEN new.n <> old.n OR new.at <> old.at OR new.subject <> old.subject OR new.kind <> old.kind
  OR new.digest <> old.digest OR new.link <> old.link OR new.sealed IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the register of breaches is only added to'); END;

CREATE TABLE register_key (
    subject TEXT PRIMARY KEY,
    key     BLOB NOT NULL
) WITHOUT ROWID;
