"""One-file Java programs, compiled once and run on the jars of the Java thin client."""

import subprocess
from pathlib import Path

from ignite_command import QUICK_START, opened_packages
from ignite_jars import class_path, ignite_jars
from java_tools import compiled, java_program

QUIET = ["-DIGNITE_QUIET=true", "-DIGNITE_NO_ASCII=true", "-DIGNITE_UPDATE_NOTIFIER=false"]


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
    classes = compiled(source.stem, [source], ignite_jars())
    command = [java_program(), *flags, "-cp", f"{classes}:{class_path()}", source.stem, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout_seconds, check=False, stdin=subprocess.DEVNULL
    )
