"""Java for live tests: the program, jars that Maven copies, classes that are compiled once."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from live_cache import LiveUnavailable, kept

OLDEST_JAVA = 17
MAVEN_SECONDS = 240
COMPILE_SECONDS = 100


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


@cache
def copied_jars(name: str, pom: Path) -> Path:
    """Return the folder of the jars that a pom names, copied by Maven once for each version of the pom."""
    return kept(f"{name}-{_digest([pom])}", lambda folder: _copy_by_maven(pom, folder))


def compiled(name: str, sources: Sequence[Path], jars: Path) -> Path:
    """Return the folder of the classes, beside the jars, compiled once for each version of the sources."""
    return kept(f"{jars.name}-{name}-{_digest(sources)}", lambda folder: _compile(sources, jars, folder))


def _digest(files: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _copy_by_maven(pom: Path, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise LiveUnavailable(f"no mvn program found: install Maven, it fetches the jars of {pom}")
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    command = [maven, "-q", "-B", "-f", str(pom), *goal]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=MAVEN_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise LiveUnavailable(f"Maven did not fetch the jars of {pom} within {MAVEN_SECONDS} s") from error
    if ran.returncode != 0:
        raise LiveUnavailable(f"Maven could not fetch the jars of {pom}:\n{(ran.stdout + ran.stderr)[-2000:]}")


def _compile(sources: Sequence[Path], jars: Path, classes: Path) -> None:
    compiler = Path(java_program()).resolve().with_name("javac")
    if not compiler.exists():
        raise LiveUnavailable(f"{compiler}: not there; a whole JDK is needed, not only a runtime")
    command = [str(compiler), "-proc:none", "-d", str(classes), "-cp", f"{jars}/*", *map(str, sources)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_SECONDS, check=False)
    if ran.returncode != 0:
        raise RuntimeError(f"{sources[0].name} does not compile:\n{ran.stderr}")
