-- The number of an event or a delivery is never given again, not even after the newest was removed: whoever noted one would be
-- led to another.
--
-- AUTOINCREMENT changes how numbers are given and nothing that is stored, so the text of the schema is changed in its place: copying
-- the tables would take as long as they are large. See https://www.sqlite.org/lang_altertable.html#otheralter.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' INTEGER PRIMARY KEY,', ' INTEGER PRIMARY KEY AUTOINCREMENT,')
WHERE type = 'table' AND name IN ('event', 'delivery', 'received', 'record');
PRAGMA writable_schema = RESET;
