"""Measurements: phasebot beside its peers, each in a process of its own, as ratios within one run."""
