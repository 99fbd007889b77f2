"""Rules of the area `capacity`."""
