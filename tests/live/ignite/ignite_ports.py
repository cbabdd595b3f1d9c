"""Free loopback ports for nodes, taken as one block so that no two of them collide."""

from dataclasses import dataclass

from live_processes import HOST as HOST
from live_processes import free_block

PORTS_A_NODE = 3


@dataclass(frozen=True)
class NodePorts:
    """The three ports one node listens on."""

    client: int
    discovery: int
    communication: int


def free_ports(nodes: int) -> list[NodePorts]:
    """Return the ports of so many nodes, free a moment ago, from one unbroken block."""
    block = free_block(PORTS_A_NODE * nodes)
    return [NodePorts(*block[n : n + PORTS_A_NODE]) for n in range(0, len(block), PORTS_A_NODE)]
