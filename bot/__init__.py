"""The shell of phasebot: everything that touches the world."""
