"""Two processes that change profiles at once lose nothing of each other."""

import subprocess
import sys

from profile_samples import ignite_profile, services_in

WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from services.bootstrap import build_services
from services.connections.profiles import Profile
from services.paths import Paths

folder, who = Path(sys.argv[1]), sys.argv[2]
profiles = build_services(Paths(folder / "config", folder / "state", folder / "cache")).profiles
sys.stdin.readline()
for number in range(20):
    name = f"{who}{number}"
    profiles.add(Profile(name, "ignite", {"nodes": f"{name}:10800"}))
    profiles.edit(name, lambda profile: replace(profile, is_read_only=True))
    profiles.rename(name, f"{name}.new")
    profiles.edit("shared", lambda profile: replace(profile, colour=profile.colour + who))
    if number % 5 == 4:
        profiles.remove(f"{name}.new")
    profiles.note_use("shared")
"""


def test_two_processes_lose_no_write(tmp_path):
    """Of more than 200 mixed writes by two processes, each is found in the file afterwards."""
    profiles = services_in(tmp_path).profiles
    profiles.add(ignite_profile("shared"))
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, who], stdin=subprocess.PIPE, text=True)
        for who in ("a", "b")
    ]
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    try:
        for writer in writers:
            writer.communicate(timeout=50)
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0]
    kept = {f"{who}{number}.new" for who in "ab" for number in range(20) if number % 5 != 4}
    assert {profile.name for profile in profiles.all()} == kept | {"shared"}
    assert all(profile.is_read_only for profile in profiles.all() if profile.name != "shared")
    assert sorted(profiles.get("shared").colour) == sorted("ab" * 20)
    assert "shared" in profiles.last_uses()
