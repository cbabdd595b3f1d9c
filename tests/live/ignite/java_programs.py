"""One-file Java programs, run on the jars of the Java thin client."""

import subprocess
from pathlib import Path

from ignite_command import opened_packages
from ignite_jars import class_path, java_program

QUIET = ["-DIGNITE_QUIET=true", "-DIGNITE_NO_ASCII=true", "-DIGNITE_UPDATE_NOTIFIER=false"]


def run_java(
    source: Path, *arguments: str, timeout_seconds: float = 100, heap_mb: int = 256
) -> subprocess.CompletedProcess[str]:
    """Compile and run one Java source file; return its exit code and what it printed."""
    flags = [f"-Xmx{heap_mb}m", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true", *QUIET, *opened_packages()]
    command = [java_program(), *flags, "-cp", class_path(), str(source), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout_seconds, check=False, stdin=subprocess.DEVNULL
    )
