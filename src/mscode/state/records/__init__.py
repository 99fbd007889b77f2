"""The records of launches: which commit let whom be reached, who approved it, and what came of it."""
