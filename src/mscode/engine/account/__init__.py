"""Reading the live account."""
