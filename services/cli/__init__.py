"""The command line: the same engine as the console, without a terminal."""
