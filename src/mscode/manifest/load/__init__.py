"""From files to what is wanted."""
