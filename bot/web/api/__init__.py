"""The HTTP API: thin modules over the same messages that comments and the command line send."""
