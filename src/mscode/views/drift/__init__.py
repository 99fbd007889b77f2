"""Drift as text, JSON and Markdown."""
