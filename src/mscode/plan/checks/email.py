"""Rules of the area `email`."""
