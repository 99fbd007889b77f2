"""Workflows over many projects at once."""
