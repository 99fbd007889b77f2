"""The state on a server or in an object store."""
