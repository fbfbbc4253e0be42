"""Deciding: what a message means for a plan, what may start, and what people are told."""
