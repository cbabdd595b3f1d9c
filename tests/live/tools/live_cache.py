"""What live tests fetch or compile, kept between runs in the user's cache."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from platformdirs import user_cache_path


class LiveUnavailable(Exception):
    """A live test cannot run on this machine; the text says what is missing."""


def skip_or_fail(missing: LiveUnavailable) -> NoReturn:
    """End a test that cannot run: skip it, but fail it where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must run the live tests: {missing}", pytrace=False)
    pytest.skip(str(missing))


def cache_folder() -> Path:
    """Return the folder that keeps things between runs: $STOREDECK_LIVE_CACHE, else the user's cache."""
    chosen = os.environ.get("STOREDECK_LIVE_CACHE")
    return Path(chosen) if chosen else user_cache_path("storedeck") / "live"


def kept(name: str, fill: Callable[[Path], None]) -> Path:
    """Return the cache's folder of that name; when it is not there yet, `fill` makes it at the path it is given."""
    folder = cache_folder() / name
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as scratch:
            made = Path(scratch) / "made"
            fill(made)
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # another run that finished first leaves the same
                    raise
    return folder
