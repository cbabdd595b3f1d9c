"""The vendor's Java SDK, unmodified, gets what it expects from the sandbox."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from java_tools import compiled, copied_jars, java_program
from live_cache import LiveUnavailable, skip_or_fail

from services.sandbox.faults import parse_faults
from services.sandbox.maxcompute.server import MaxComputeSandbox

HERE = Path(__file__).parent
SOURCES = sorted((HERE / "java").glob("*.java"))
STEPS = (
    "wrong secret", "project", "create tables", "describe tables", "partitions",
    "upload records", "upload compressed records", "upload Arrow", "reopen an upload", "overwrite a partition",
    "refused uploads", "stream", "stream to dynamic partitions", "upsert and delete", "abort an upsert",
    "download ranges", "download compressed records", "download columns", "download Arrow", "download Arrow columns",
    "every type", "every type as Arrow", "preview",
    "SQL query", "SQL result as text", "SQL result by tunnel", "SQL error", "drop tables",
)  # fmt: skip
PASSED = [f"ok      {step}" for step in STEPS]
TOUR_SECONDS = 90

pytestmark = pytest.mark.timeout(400)  # the first run waits for Maven


@pytest.fixture(scope="session")
def tour() -> list[str]:
    """The command that starts the Java tour."""
    try:
        jars = copied_jars("maxcompute", HERE / "pom.xml")
        classes = compiled("OdpsTour", SOURCES, jars)
        # Arrow's memory needs the buffers of java.nio.
        options = ["-Xmx512m", "-XX:+UseSerialGC", "--add-opens=java.base/java.nio=ALL-UNNAMED"]
        return [java_program(), *options, "-cp", f"{classes}:{jars}/*", "OdpsTour"]
    except LiveUnavailable as missing:
        skip_or_fail(missing)


@pytest.fixture
def project() -> Iterator[MaxComputeSandbox]:
    """A project without sample data."""
    with MaxComputeSandbox(samples=False) as sandbox:
        yield sandbox


def walk(command: list[str], sandbox: MaxComputeSandbox, *options: str, token: str = "") -> tuple[list[str], int]:
    """Run a tour of the sandbox; return what it printed and its exit code."""
    access = sandbox.access
    key = {"ODPS_AK_ENV": access.access_key_id, "ODPS_SK_ENV": access.access_key_secret}
    ran = subprocess.run(
        [*command, sandbox.endpoint, sandbox.project_name, *options],
        env={**os.environ, **key, **({"ODPS_STS_ENV": token} if token else {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TOUR_SECONDS,
        check=False,
    )
    return ran.stdout.splitlines(), ran.returncode


def test_the_java_tour_passes(tour: list[str], project: MaxComputeSandbox) -> None:
    """Every step gets what it expects, with version 2 of the signature, and leaves no table behind."""
    assert (PASSED, 0) == walk(tour, project)
    assert [] == project.warehouse.project(project.project_name).tables()


def test_the_java_tour_passes_with_a_token_and_version_4(tour: list[str], project: MaxComputeSandbox) -> None:
    """A token goes along, and metadata and tunnels are signed with version 4."""
    assert (PASSED, 0) == walk(tour, project, "region=cn-hangzhou", token=project.access.sts_token)


def test_the_java_tour_rides_over_a_busy_server(tour: list[str], project: MaxComputeSandbox) -> None:
    """The SDK sends these requests again after 308, 429 and 503 (`CreateDownload` it does not), and writes once."""
    for status, operation in ((503, "CreateUpload"), (429, "CreateUpsert"), (308, "WriteUpsert"), (503, "WriteStream")):
        project.plan.add(*parse_faults(f"maxcompute:error,status={status},op={operation},times=1"))
    assert (PASSED, 0) == walk(tour, project)


def test_the_java_tour_reports_what_failed(tour: list[str], project: MaxComputeSandbox) -> None:
    """With a token the project does not know nothing passes but the step that expects a refusal."""
    lines, code = walk(tour, project, token="unknown")
    assert [PASSED[0]] == [line for line in lines if line.startswith("ok")]
    assert 1 == code
