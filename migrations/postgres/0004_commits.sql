-- The number that fences the transactions of a run counts those that were committed, and is called so.
ALTER TABLE run RENAME COLUMN turn TO commits;
