"""Rehearsals: plans carried out by the ordinary engine in an emulator in memory, whose clock is played on."""
