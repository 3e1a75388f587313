-- Nothing sorts before everything: a page by name or email is read from its index in either direction.
DROP INDEX record_name;
DROP INDEX record_email;
CREATE INDEX record_name ON record (kind, name NULLS FIRST, seq) WHERE present;
CREATE INDEX record_email ON record (kind, email NULLS FIRST, seq) WHERE present;
