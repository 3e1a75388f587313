-- Attempts that failed are found in the log among millions that did not. An index ends with the row's id without being told.
CREATE INDEX attempt_failed ON attempt (id) WHERE outcome > 0;
