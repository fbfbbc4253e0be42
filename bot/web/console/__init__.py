"""The console: pages on which people hand plans in, see how things stand, and steer. Only live news needs scripts."""
