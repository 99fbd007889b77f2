"""Rules of the area `audience`."""
