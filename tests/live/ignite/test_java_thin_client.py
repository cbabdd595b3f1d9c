"""The Java thin client's tour passes on real nodes and on the sandbox alike."""

from pathlib import Path

from ignite_clusters import LiveCluster
from java_programs import run_java
from sandbox_clusters import SandboxCluster

TOUR = Path(__file__).parent / "java" / "ThinTour.java"
SANDBOX_GAPS = {"set"}
"""Operations the sandbox does not serve: 9010 to 9017. Strict: what passes must go from here."""

ZOO = TOUR.with_name("ValueZoo.java")


def failed_steps(printed: str) -> list[str]:
    """Return the lines of the steps that did not get what they expected."""
    return [line for line in printed.splitlines() if line.startswith("FAILED")]


def test_the_tour_passes_on_a_real_node(plain_node: LiveCluster) -> None:
    """Every step of the tour gets what it expects from a plain node."""
    ran = run_java(TOUR, plain_node.addresses)
    assert failed_steps(ran.stdout) == []
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_tour_passes_over_tls_with_a_user(secure_node: LiveCluster) -> None:
    """Every step of the tour gets what it expects over TLS as a user."""
    assert secure_node.certificates is not None
    stores = (str(secure_node.certificates.trust_store), secure_node.certificates.store_password)
    user = (str(secure_node.username), str(secure_node.password))
    ran = run_java(TOUR, secure_node.addresses, *user, *stores, timezone=secure_node.timezone)
    assert failed_steps(ran.stdout) == []
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_tour_passes_on_the_sandbox(ignite_ready: None, sandbox: SandboxCluster) -> None:
    """The sandbox gives every step of the tour what it expects, but for the declared gaps."""
    ran = run_java(TOUR, sandbox.addresses, sandbox.username, sandbox.password)
    names = {line.removeprefix("FAILED").split(":")[0].strip() for line in failed_steps(ran.stdout)}
    assert names == SANDBOX_GAPS, ran.stdout + ran.stderr
    assert ran.stdout.count("ok  ") == 26 - len(SANDBOX_GAPS) - 1, "all other steps but the index query passed"


def test_the_sandbox_keeps_every_kind_of_value(ignite_ready: None, sandbox: SandboxCluster) -> None:
    """What Java puts into the sandbox it gets back, class by class."""
    user = (sandbox.username, sandbox.password)
    filled = run_java(ZOO, sandbox.addresses, "fill", "zoo", *user)
    assert filled.returncode == 0, filled.stdout + filled.stderr
    compared = run_java(ZOO, sandbox.addresses, "compare", "zoo", *user)
    assert compared.stdout.splitlines() == ["67 equal"], compared.stderr
