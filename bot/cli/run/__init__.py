"""Running a plan from the command line: following it, showing it, and saying at the end how it went."""
