"""The state in a folder: snapshot, journal, lock."""
