"""What happened since the last apply."""
