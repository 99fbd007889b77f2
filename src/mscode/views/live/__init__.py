"""Live campaigns as a page and as metrics: counts and times alone, nothing of anybody."""
