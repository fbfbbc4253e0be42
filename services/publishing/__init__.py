"""Publishing: how a plan looks as issues, and what is still missing of it."""
