"""`python -m services.cli.file_secret FILE KEY FIELD`: prints a secret that the file holds.

A profile that was imported without a keyring refers to its secret this way: it stays where it was.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from services.cli.foreign_files import entries_of
from services.errors import UsageError


def command_line(file: str, key: str, field: str) -> str:
    """The password command that prints the secret."""
    return shlex.join([sys.executable, "-m", "services.cli.file_secret", str(Path(file).absolute()), key, field])


def main(words: list[str]) -> int:
    """Print the secret; a complaint and 1 when the file does not hold it any more."""
    file, key, field = words
    try:
        secret = entries_of(file, Path(file).read_text(encoding="utf-8"))[key]["secrets"][field]
    except (OSError, ValueError, KeyError, TypeError, UsageError) as error:
        sys.stderr.write(f"{file}: no secret {field} of {key} in it ({type(error).__name__})\n")
        return 1
    sys.stdout.write(str(secret) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
