"""The server, tested over a real port against a real store."""
