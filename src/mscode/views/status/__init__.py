"""Live campaigns, their results, and the state document."""
