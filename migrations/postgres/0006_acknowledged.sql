-- Clusters of failures that somebody has seen and takes care of.
CREATE TABLE acknowledged (
    cluster text COLLATE "C" PRIMARY KEY,
    at      bigint NOT NULL,                      -- a failure after that is news
    note    text
);
