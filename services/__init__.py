"""The core of phasebot: what a plan means and what happens next.

Values in, values out: no I/O, no clock, no environment, no randomness.
"""
