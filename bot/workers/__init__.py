"""The threads of phasebot: the one that writes, those that carry effects out, and the clock."""
