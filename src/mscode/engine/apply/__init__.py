"""Carrying a plan out: a run, its steps, their schedule, and what executes them."""
