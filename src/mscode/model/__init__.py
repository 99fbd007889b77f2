"""Nouns of the field without any input or output: addresses, kinds, what is wanted, live and known."""
