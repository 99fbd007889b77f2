"""People in files: lists of accounts, and of those who must not be called."""
