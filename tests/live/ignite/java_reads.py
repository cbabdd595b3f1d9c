"""Reading speed of the Java thin client, as the benchmark compares it."""

from dataclasses import dataclass
from pathlib import Path

from java_programs import run_java

THIN_READ = Path(__file__).parents[2] / "benchmarks" / "java" / "ThinRead.java"


@dataclass(frozen=True)
class JavaRead:
    """One measured run; the sum over all values is the same in every run over the same data."""

    rows: int
    seconds: float
    sum_of_hashes: int

    @property
    def rows_per_second(self) -> float:
        """The speed of the run."""
        return self.rows / self.seconds


def read_with_java(
    address: str,
    kind: str,
    subject: str,
    *,
    page_size: int,
    runs: int = 3,
    warm_up_seconds: float = 3,
) -> list[JavaRead]:
    """Read a statement's rows or a cache's entries with the Java thin client, after a warm-up.

    Args:
        address: host:port of a node without users and TLS.
        kind: sql or scan.
        subject: the statement, or the cache's name.

    Raises:
        RuntimeError: the program failed; the text holds what it printed.
    """
    arguments = (address, kind, subject, str(page_size), str(runs), str(warm_up_seconds))
    ran = run_java(THIN_READ, *arguments, timeout_seconds=600, heap_mb=1024, is_short_lived=False)
    if ran.returncode != 0:
        raise RuntimeError(f"{THIN_READ.name} failed: {ran.stdout}{ran.stderr}")
    return [_parsed(line) for line in ran.stdout.splitlines() if line[:1].isdigit()]


def _parsed(line: str) -> JavaRead:
    rows, seconds, sum_of_hashes = line.split()
    return JavaRead(int(rows), float(seconds), int(sum_of_hashes))
