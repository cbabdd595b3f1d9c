"""Statements as people write them: split, told apart, asked for arguments, remembered."""
