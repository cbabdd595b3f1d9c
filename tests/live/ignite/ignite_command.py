"""The Java command line that runs one real node."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ignite_certificates import Certificates
from ignite_jars import class_path
from ignite_ports import HOST, NodePorts
from java_tools import java_program

NODE_XML = Path(__file__).with_name("node.xml")
MAIN_CLASS = "org.apache.ignite.startup.cmdline.CommandLineStartup"

QUICK_START = ("-XX:TieredStopAtLevel=1",)

# Packages Ignite 2.17 reaches into by reflection; Java 17 keeps them closed unless told otherwise.
OPENED = {
    "java.base": (
        "jdk.internal.access jdk.internal.misc sun.nio.ch sun.util.calendar "
        "sun.reflect.generics.reflectiveObjects java.io java.nio java.net java.util java.util.concurrent "
        "java.util.concurrent.locks java.util.concurrent.atomic java.lang java.lang.invoke "
        "java.lang.reflect java.math java.time java.text"
    ),
    "java.sql": "java.sql",
    "java.management": "com.sun.jmx.mbeanserver sun.management",
    "jdk.internal.jvmstat": "sun.jvmstat.monitor",
    "jdk.management": "com.sun.management.internal",
    "java.desktop": "java.awt.font",
}


@dataclass(frozen=True)
class NodeSetup:
    """What one node is made of; the default is a plain one in memory.

    Attributes:
        is_short_lived: compile less, which starts sooner and computes slower.
    """

    has_users: bool = False
    is_persistent: bool = False
    certificates: Certificates | None = None
    asks_client_certificate: bool = False
    region_mb: int = 512
    heap_mb: int = 512
    timezone: str = "UTC"
    is_short_lived: bool = False


@dataclass(frozen=True)
class NodePlace:
    """Where one node lives: its name, its folder, its ports and the discovery addresses of its cluster."""

    name: str
    folder: Path
    ports: NodePorts
    peers: tuple[str, ...]


def opened_packages() -> list[str]:
    """Return the --add-opens flags that a node and the Java thin client need."""
    return [f"--add-opens={module}/{name}=ALL-UNNAMED" for module, names in OPENED.items() for name in names.split()]


def node_command(place: NodePlace, setup: NodeSetup) -> list[str]:
    """Return the command that runs a node in the foreground."""
    work = place.folder / "work"
    memory = ["-Xms256m", f"-Xmx{setup.heap_mb}m", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true"]
    quiet = [
        "-DIGNITE_QUIET=true",
        "-DIGNITE_NO_ASCII=true",
        "-DIGNITE_UPDATE_NOTIFIER=false",
        "-DIGNITE_PERFORMANCE_SUGGESTIONS_DISABLED=true",
        f"-DIGNITE_HOME={work}",
    ]
    properties = [f"-D{name}={value}" for name, value in node_properties(place, setup)]
    flags = [
        *(QUICK_START if setup.is_short_lived else ()),
        *memory,
        *quiet,
        f"-Duser.timezone={setup.timezone}",
        *opened_packages(),
        *properties,
    ]
    return [java_program(), *flags, "-cp", class_path(), MAIN_CLASS, str(NODE_XML)]


def node_properties(place: NodePlace, setup: NodeSetup) -> Iterator[tuple[str, str]]:
    """Yield every system property that node.xml reads."""
    tls = setup.certificates
    yield "node.name", place.name
    yield "node.host", HOST
    yield "node.work", str(place.folder / "work")
    yield "node.client_port", str(place.ports.client)
    yield "node.discovery_port", str(place.ports.discovery)
    yield "node.communication_port", str(place.ports.communication)
    yield "node.peers", ",".join(place.peers)
    yield "node.region_mb", str(setup.region_mb)
    yield "node.users", _flag(setup.has_users)
    yield "node.persistence", _flag(setup.is_persistent)
    yield "node.tls", _flag(tls is not None)
    yield "node.tls_client_auth", _flag(setup.asks_client_certificate)
    yield "node.key_store", str(tls.key_store) if tls else ""
    yield "node.trust_store", str(tls.trust_store) if tls else ""
    yield "node.store_password", tls.store_password if tls else ""


def _flag(is_on: bool) -> str:
    return "true" if is_on else "false"
