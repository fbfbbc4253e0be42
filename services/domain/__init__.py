"""The words of phasebot as frozen values: plans, phases, attempts, messages, effects, and the rules that bind them."""
