-- The lines of each policy in full, with their conditions, as the milter told them.
CREATE TABLE policy_line (
    policy TEXT NOT NULL, -- its fingerprint
    n      INTEGER NOT NULL, -- from 1
    lines  INTEGER NOT NULL, -- how many the policy has
    line   TEXT NOT NULL,
    PRIMARY KEY (policy, n)
) WITHOUT ROWID;
