"""The terminal interface, against a real server: by its pilot, and by key strokes in a terminal."""
