"""The canonical layout of manifests."""
