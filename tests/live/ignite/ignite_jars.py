"""The jars of a real Ignite node and of its Java thin client, copied once by Maven into the user's cache."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17
MAVEN_SECONDS = 240


class LiveUnavailable(Exception):
    """A real server cannot be started on this machine; the text says what is missing."""


@cache
def java_program() -> str:
    """Return the path of a Java that can run a node: that of JAVA_HOME, else the one on PATH."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin") if home else None
    program = program or shutil.which("java")
    if program is None:
        raise LiveUnavailable(f"no java program found: install a JDK {OLDEST_JAVA} or newer")
    said = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < OLDEST_JAVA:
        raise LiveUnavailable(f"{program} is too old, Java {OLDEST_JAVA} is needed; it says: {said.strip()}")
    return program


def cache_folder() -> Path:
    """Return the folder that keeps the jars between runs: $STOREDECK_LIVE_CACHE, else the user's cache."""
    chosen = os.environ.get("STOREDECK_LIVE_CACHE")
    return Path(chosen) if chosen else user_cache_path("storedeck") / "live"


@cache
def ignite_jars() -> Path:
    """Return the folder of jars, made by Maven when this version of the pom has not been copied yet."""
    folder = cache_folder() / f"ignite-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="copying-") as scratch:
            made = _copied_by_maven(Path(scratch) / "jars")
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # another run that finished first leaves the same jars
                    raise
    return folder


def class_path() -> str:
    """Return the class path that holds all the jars, as Java expands it."""
    return f"{ignite_jars()}/*"


def _copied_by_maven(folder: Path) -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        raise LiveUnavailable("no mvn program found: install Maven, it fetches the jars of Apache Ignite")
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    command = [maven, "-q", "-B", "-f", str(POM), *goal]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=MAVEN_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise LiveUnavailable(f"Maven did not fetch the jars within {MAVEN_SECONDS} s") from error
    if ran.returncode != 0:
        raise LiveUnavailable(f"Maven could not fetch the jars:\n{(ran.stdout + ran.stderr)[-2000:]}")
    return folder
