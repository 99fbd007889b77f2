"""Questions to the records of launches: lists, one record, one person, whether they hold, and a copy for an auditor."""
