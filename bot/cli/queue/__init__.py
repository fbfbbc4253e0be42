"""The queue from the command line: the same on a database and on a server."""
