-- Wrong secrets that were shown over HTTP in a minute, by where they came from.
CREATE TABLE guess (
    minute INTEGER NOT NULL,
    source TEXT NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (minute, source)
) STRICT, WITHOUT ROWID;
