"""Following campaigns: what was read of them last, and the ways in which a reading comes about."""
