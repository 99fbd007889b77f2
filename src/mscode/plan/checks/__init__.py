"""Findings: what is mechanically safe and still probably wrong, named before anything rings. One file per area (docs/checks.md)."""
