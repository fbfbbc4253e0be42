"""Execution: how a phase's operations are carried out, in the core's words."""
