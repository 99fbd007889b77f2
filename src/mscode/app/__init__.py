"""Workflows: what a command does, without its command line (see `app.invocation` for how they meet a person)."""
