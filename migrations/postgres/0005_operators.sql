-- Sessions of people who operate the queue. Names and tokens are kept as hashes that give neither away.
CREATE TABLE session (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name     bytea NOT NULL UNIQUE,               -- the hash of the cookie
    token    bytea NOT NULL,                      -- the hash of the cookie and the token it began with
    operator text NOT NULL,                       -- whose token that is
    source   text NOT NULL,                       -- the address it began at
    began_at bigint NOT NULL,
    until    bigint NOT NULL
);

-- What people did to the queue over HTTP, noted before it was done.
CREATE TABLE operator_action (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       bigint NOT NULL,
    operator text NOT NULL,
    source   text NOT NULL,                       -- the address it was asked from
    action   text NOT NULL,
    target   text NOT NULL,                       -- what it was done to
    outcome  text                                 -- what came of it; null while it is under way
);
