"""YAML as a tree with places, read and written."""
