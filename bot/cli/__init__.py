"""The command line. One file a command; nothing but Click is imported before it is known what is wanted."""
