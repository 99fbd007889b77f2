"""Which live object belongs to an address."""
