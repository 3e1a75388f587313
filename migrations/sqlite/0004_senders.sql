-- Who sends webhooks that verify, and with which secret: what the rehearsal of a rotation looks at. A secret is told by its
-- fingerprint, eight bytes of an HMAC whose key it is, and cannot be read back from it.
CREATE TABLE sender (
    source  TEXT NOT NULL,                        -- the address it came from
    secret  BLOB NOT NULL,
    seen_at INTEGER NOT NULL,                     -- the newest webhook that verified under it
    PRIMARY KEY (source, secret)
) STRICT, WITHOUT ROWID;
