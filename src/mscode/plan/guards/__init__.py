"""What a plan may not do."""
