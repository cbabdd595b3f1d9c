"""The vendor's Go SDK, unmodified, gets what it expects from the sandbox."""

from pathlib import Path

import pytest
from go_tools import built
from live_cache import LiveUnavailable, skip_or_fail
from tours import STEPS, passed, walk

from services.sandbox.faults import parse_faults
from services.sandbox.tablestore.server import TablestoreSandbox

MODULE = Path(__file__).parent / "go"
GO_STEPS = tuple(step for step in STEPS if step != "range by iterator")
"""The Go SDK has no iterator over ranges."""

pytestmark = pytest.mark.timeout(300)  # the first run fetches and compiles the SDK


@pytest.fixture(scope="session")
def tour() -> list[str]:
    """The command that starts the Go tour."""
    try:
        return [str(built("tablestore-go-tour", MODULE))]
    except LiveUnavailable as missing:
        skip_or_fail(missing)


def test_the_go_tour_passes(tour: list[str], instance: TablestoreSandbox) -> None:
    """Every step gets what it expects, with version 2 of the signature."""
    ran = walk(tour, instance)
    assert ran.stdout.splitlines() == passed(GO_STEPS), ran.stderr
    assert ran.returncode == 0


def test_the_go_tour_passes_with_a_token_and_version_4(
    tour: list[str], instance: TablestoreSandbox, headers_seen: set[str]
) -> None:
    """A token goes along and the signature is of version 4."""
    ran = walk(tour, instance, "region=cn-hangzhou", token=instance.access.sts_token)
    assert ran.stdout.splitlines() == passed(GO_STEPS), ran.stderr
    assert ran.returncode == 0
    assert {"x-ots-signaturev4", "x-ots-ststoken"} - headers_seen == set()


def test_the_go_tour_rides_over_a_busy_server(tour: list[str], instance: TablestoreSandbox) -> None:
    """The SDK knows the error of a busy server as one to try again after."""
    instance.plan.add(*parse_faults("tablestore:error=Server is busy.,op=GetRow,times=3"))
    ran = walk(tour, instance)
    assert ran.stdout.splitlines() == passed(GO_STEPS), ran.stderr
    assert not instance.plan.due("GetRow", 1), "the three errors have been given"


def test_the_go_tour_reports_what_failed(tour: list[str], instance: TablestoreSandbox) -> None:
    """With a token the instance does not know nothing passes but the step that expects a refusal."""
    ran = walk(tour, instance, token="unknown")
    assert [line for line in ran.stdout.splitlines() if line.startswith("ok")] == passed(["wrong secret"])
    assert ran.returncode == 1
