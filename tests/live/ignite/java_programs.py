"""One-file Java programs, compiled once and run on the jars of the Java thin client."""

import hashlib
import subprocess
import tempfile
from pathlib import Path

from ignite_command import QUICK_START, opened_packages
from ignite_jars import LiveUnavailable, class_path, ignite_jars, java_program

QUIET = ["-DIGNITE_QUIET=true", "-DIGNITE_NO_ASCII=true", "-DIGNITE_UPDATE_NOTIFIER=false"]
COMPILE_SECONDS = 100


def run_java(
    source: Path,
    *arguments: str,
    timeout_seconds: float = 100,
    heap_mb: int = 256,
    timezone: str = "UTC",
    is_short_lived: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run one Java source file; return its exit code and what it printed.

    It is compiled to class files: Ignite does not find classes that `java FILE.java` keeps in memory.
    """
    flags = [f"-Xmx{heap_mb}m", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true"]
    flags += [f"-Duser.timezone={timezone}", *QUIET, *opened_packages(), *(QUICK_START if is_short_lived else ())]
    command = [java_program(), *flags, "-cp", f"{_classes(source)}:{class_path()}", source.stem, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout_seconds, check=False, stdin=subprocess.DEVNULL
    )


def _classes(source: Path) -> Path:
    """Return the folder of the program's classes, beside the jars, named by what is in the source."""
    jars = ignite_jars()
    folder = jars.with_name(f"{jars.name}-{source.stem}-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}")
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=jars.parent, prefix="compiling-") as scratch:
            made = Path(scratch) / "classes"
            _compile(source, made)
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # another run that finished first leaves the same classes
                    raise
    return folder


def _compile(source: Path, classes: Path) -> None:
    compiler = Path(java_program()).resolve().with_name("javac")
    if not compiler.exists():
        raise LiveUnavailable(f"{compiler}: not there; a whole JDK is needed, not only a runtime")
    command = [str(compiler), "-proc:none", "-d", str(classes), "-cp", class_path(), str(source)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_SECONDS, check=False)
    if ran.returncode != 0:
        raise RuntimeError(f"{source.name} does not compile:\n{ran.stderr}")
