"""The create protocol: look, intent, one send, settling, recovery."""
