"""Records of launches: the list of them, one of them whole, and those that reached a person."""
