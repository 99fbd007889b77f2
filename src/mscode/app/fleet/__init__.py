"""Workflows over many projects at once (docs/fleet.md)."""
