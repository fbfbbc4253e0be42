"""The terminal interface: what the console shows, over the same API, by keyboard."""
