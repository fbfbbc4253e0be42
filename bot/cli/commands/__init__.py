"""The commands, one file each. Each imports what it needs when it is called."""
