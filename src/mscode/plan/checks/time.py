"""Rules of the area `time`."""
