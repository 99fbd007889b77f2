"""What an apply says while it runs and when it has ended."""
