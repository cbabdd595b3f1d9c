"""What gets installed: the wheel's own top level and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_wheel_holds_our_packages_and_themes(tmp_path: Path) -> None:
    """The wheel has tui with its themes and style sheets, services, and its own metadata."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {"tui", "services"} == {top for top in tops if not top.endswith(".dist-info")}
    assert {path.name for path in (ROOT / "themes").glob("*.toml")} == {
        name.rsplit("/", 1)[1] for name in names if name.startswith("tui/themes/") and name.endswith(".toml")
    }
    sheets = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tui").rglob("*.tcss")}
    assert sheets <= set(names)
    assert not [name for name in names if "tests" in name.split("/")]
