"""One real Apache Ignite node as a process of this machine: started, stopped, killed and started again."""

import signal
import subprocess
import threading
from pathlib import Path

from ignite_command import NodePlace, NodeSetup, node_command
from ignite_ports import HOST, free_ports
from live_processes import log_tail, tied_to_this_thread

STARTED = b"Ignite node started OK"
START_SECONDS = 90
STOP_SECONDS = 20


class NodeDidNotStart(Exception):
    """A node ended or fell silent before it was ready; the text holds the end of its log."""


class RealIgnite:
    """One node: the folder keeps its data and its log, so a restart continues where it stopped.

    The node is asked to end with the thread that started it, should that end without a call of stop.
    """

    def __init__(self, place: NodePlace, setup: NodeSetup) -> None:
        self.place = place
        self.setup = setup
        self.log_file = place.folder / "node.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._settled = threading.Event()
        self._has_started = False

    @property
    def host(self) -> str:
        """The address the node listens on."""
        return HOST

    @property
    def port(self) -> int:
        """The port for thin clients."""
        return self.place.ports.client

    @property
    def pid(self) -> int | None:
        """The process id of a running node."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the node and wait until it says that it is ready; does nothing on a running one."""
        if self.is_running:
            return
        self._forget()
        (self.place.folder / "work").mkdir(parents=True, exist_ok=True)
        command = [*tied_to_this_thread(), *node_command(self.place, self.setup)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._settled.clear()
        self._has_started = False
        self._reader = threading.Thread(target=self._keep_log, args=(self._process,), daemon=True)
        self._reader.start()
        self._settled.wait(START_SECONDS)
        if not self._has_started:
            self.kill()
            why = f"node {self.place.name} did not start within {START_SECONDS} s"
            raise NodeDidNotStart(f"{why}; the end of its log:\n{self.log_tail()}")

    def stop(self) -> None:
        """End the node in order (SIGTERM), by force when it takes too long; does nothing on an ended one."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the node as a power cut would (SIGKILL)."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop the node and start it again on the same ports and the same data."""
        self.stop()
        self.start()

    def log_tail(self) -> str:
        """Return the last lines the node has printed, over all its starts."""
        return log_tail(self.log_file)

    def _keep_log(self, process: subprocess.Popen[bytes]) -> None:
        """Copy the node's output to its log until it ends (runs in a thread)."""
        assert process.stdout is not None
        with self.log_file.open("ab", buffering=0) as log:
            for line in process.stdout:
                log.write(line)
                if STARTED in line:
                    self._has_started = True
                    self._settled.set()
        self._settled.set()

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP_SECONDS)
        self._forget()

    def _forget(self) -> None:
        """Close what belongs to an ended process."""
        if self._reader is not None:
            self._reader.join(STOP_SECONDS)
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._process = self._reader = None


def make_nodes(folder: Path, count: int = 1, setup: NodeSetup | None = None, name: str = "node") -> list[RealIgnite]:
    """Return the nodes of one cluster, not started, each with a folder below the given one."""
    ports = free_ports(count)
    peers = tuple(f"{HOST}:{node.discovery}" for node in ports)
    places = [NodePlace(f"{name}{n}", folder / f"{name}{n}", own, peers) for n, own in enumerate(ports, 1)]
    return [RealIgnite(place, setup or NodeSetup()) for place in places]
