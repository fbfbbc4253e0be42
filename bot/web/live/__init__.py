"""Live: what was committed is told to everybody who follows, at once and in small messages."""
