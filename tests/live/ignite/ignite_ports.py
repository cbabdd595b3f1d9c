"""Free loopback ports for nodes, taken as one block so that no two of them collide."""

import random
import socket
from contextlib import ExitStack
from dataclasses import dataclass

HOST = "127.0.0.1"
PORTS_A_NODE = 3
LOWEST, HIGHEST = 20_000, 32_000  # below the range the system hands out to outgoing connections


@dataclass(frozen=True)
class NodePorts:
    """The three ports one node listens on."""

    client: int
    discovery: int
    communication: int


def free_ports(nodes: int) -> list[NodePorts]:
    """Return the ports of so many nodes, free a moment ago, from one unbroken block."""
    for _ in range(200):
        first = random.randrange(LOWEST, HIGHEST - PORTS_A_NODE * nodes)
        block = range(first, first + PORTS_A_NODE * nodes)
        if _are_free(block):
            return [NodePorts(*block[n : n + PORTS_A_NODE]) for n in range(0, len(block), PORTS_A_NODE)]
    raise OSError(f"no {PORTS_A_NODE * nodes} adjoining free ports between {LOWEST} and {HIGHEST}")


def _are_free(ports: range) -> bool:
    with ExitStack() as opened:
        for port in ports:
            listener = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            try:
                listener.bind((HOST, port))
            except OSError:
                return False
    return True
