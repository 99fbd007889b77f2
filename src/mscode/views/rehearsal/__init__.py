"""A rehearsal as people and programs read it."""
