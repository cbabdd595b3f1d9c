"""Files are written whole, by one at a time."""

import os
import threading

import pytest

from services.errors import TimedOut
from services.files import aside, locked, write_whole


def test_a_failure_leaves_the_former_content(tmp_path):
    """What was half written goes, the file stays as it was."""
    path = tmp_path / "file"
    write_whole(path, b"former")
    with pytest.raises(ZeroDivisionError), aside(path) as file:
        file.write(b"half" * (1 // 0))
    assert path.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [path]


def test_mode_and_link_stay(tmp_path):
    """A file that others may read stays so; a link to a file elsewhere stays a link."""
    target = tmp_path / "dotfiles"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_lock_keeps_others_out(tmp_path):
    """While one holds the lock another waits, and says so when its time is over."""
    path = tmp_path / "profiles.toml"
    with locked(path), pytest.raises(TimedOut, match=r"profiles\.toml: another process"), locked(path, seconds=0.05):
        pass
    with locked(path, seconds=0.05):
        assert os.listdir(tmp_path) == [".profiles.toml.lock"]


def test_a_waiting_thread_gets_the_lock(tmp_path):
    """The lock holds between threads, and goes to the next when it is free."""
    path, order = tmp_path / "file", []
    started = threading.Event()

    def second() -> None:
        started.set()
        with locked(path):
            order.append("second")

    with locked(path):
        thread = threading.Thread(target=second)
        thread.start()
        started.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
