-- Wrong secrets that were shown over HTTP in a minute, by where they came from.
CREATE TABLE guess (
    minute bigint NOT NULL,
    source text NOT NULL,
    count  bigint NOT NULL,
    PRIMARY KEY (minute, source)
);
