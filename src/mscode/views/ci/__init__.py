"""What CI systems and forges read."""
