"""Rules of the area `cost`."""
