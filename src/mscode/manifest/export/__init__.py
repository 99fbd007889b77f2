"""The live account as manifests that a person would have written (docs/export.md)."""
