"""The steps that change what lives: campaigns, messages, lists, plain resources, and their ends."""
