-- Deleted records are listed in every order and with every filter as others are. Few rows are deleted, so these indexes are small.
CREATE INDEX record_deleted_seq ON record (kind, seq) WHERE NOT present;
CREATE INDEX record_deleted_name ON record (kind, name NULLS FIRST, seq) WHERE NOT present;
CREATE INDEX record_deleted_email ON record (kind, email NULLS FIRST, seq) WHERE NOT present;
CREATE INDEX record_deleted_created ON record (kind, created_at, seq) WHERE NOT present;
CREATE INDEX record_deleted_user ON record (kind, user_id, seq) WHERE NOT present AND user_id IS NOT NULL;
CREATE INDEX record_deleted_course ON record (kind, course_id, seq) WHERE NOT present AND course_id IS NOT NULL;
