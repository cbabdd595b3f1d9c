"""A Neutron in memory: two networks, ports, floating addresses, security groups."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable
from typing import Any

from neutronclient.common import exceptions

Row = dict[str, Any]

NETWORK = "0e700000-0000-4000-8000-000000000001"
PUBLIC_NETWORK = "0e700000-0000-4000-8000-000000000002"
SUBNET = "50b0e700-0000-4000-8000-000000000001"
NETWORKS: dict[str, Row] = {
    NETWORK: {"id": NETWORK, "name": "private", "router:external": False},
    PUBLIC_NETWORK: {"id": PUBLIC_NETWORK, "name": "public", "router:external": True},
}
SUBNETS: dict[str, Row] = {
    SUBNET: {
        "id": SUBNET,
        "network_id": NETWORK,
        "cidr": "10.20.0.0/16",
        "ip_version": 4,
        "gateway_ip": "10.20.0.1",
        "host_routes": [],
    }
}
PORTS: dict[str, Row] = {}
FLOATING: dict[str, Row] = {}
GROUPS: dict[str, Row] = {}
RULES: dict[str, Row] = {}
_numbers = itertools.count(10)

ROUTER_PORT = {"id": "router-port", "network_id": NETWORK, "device_owner": "network:router_interface", "name": ""}


def plug(server: str, instance: str, ports: list[str]) -> None:
    """Give a server its ports: those it names, else one on the private network, which the instance's access opens."""
    for id_ in ports or [_new_port({"network_id": NETWORK, "name": f"trove-{instance}"})["id"]]:
        PORTS[id_]["device_id"] = server


def _new_port(asked: Row) -> Row:
    number = next(_numbers)
    fixed = (asked.get("fixed_ips") or [{}])[0]
    address = fixed.get("ip_address") or f"10.20.{number // 250}.{number % 250 + 2}"
    port = {
        **asked,
        "id": str(uuid.uuid4()),
        "device_id": "",
        "mac_address": f"fa:16:3e:00:{number // 256:02x}:{number % 256:02x}",
        "fixed_ips": [{"subnet_id": SUBNET, "ip_address": address}],
    }
    port.setdefault("network_id", NETWORK)
    PORTS[port["id"]] = port
    return port


def _matching(rows: Iterable[Row], asked: Row) -> list[Row]:
    return [row for row in rows if all(row.get(name) == value for name, value in asked.items())]


def _found(rows: dict[str, Row], id_: str) -> Row:
    if id_ not in rows:
        raise exceptions.NotFound(message=f"{id_} could not be found.")
    return rows[id_]


class Neutron:
    """What Trove calls of a Neutron client."""

    def show_extension(self, alias: str) -> Row:
        """Say that an extension is there."""
        return {"extension": {"alias": alias}}

    def list_networks(self, **asked: Any) -> Row:
        """Return the networks that match."""
        return {"networks": _matching(NETWORKS.values(), asked)}

    def show_network(self, network: str) -> Row:
        """Return one network."""
        return {"network": _found(NETWORKS, network)}

    def list_subnets(self, **asked: Any) -> Row:
        """Return the subnets that match."""
        return {"subnets": _matching(SUBNETS.values(), asked)}

    def show_subnet(self, subnet: str) -> Row:
        """Return one subnet."""
        return {"subnet": _found(SUBNETS, subnet)}

    def create_port(self, body: Row) -> Row:
        """Make a port with the next address, or with the one that is asked for."""
        _found(NETWORKS, body["port"].get("network_id") or NETWORK)
        return {"port": _new_port(body["port"])}

    def list_ports(self, **asked: Any) -> Row:
        """Return the ports that match; the private network has a router."""
        if asked.get("device_owner"):
            return {"ports": [ROUTER_PORT] if asked["device_owner"] == ROUTER_PORT["device_owner"] else []}
        return {"ports": _matching(PORTS.values(), asked)}

    def show_port(self, port: str) -> Row:
        """Return one port."""
        return {"port": _found(PORTS, port)}

    def delete_port(self, port: str) -> None:
        """Take a port away."""
        PORTS.pop(port, None)

    def list_floatingips(self, **asked: Any) -> Row:
        """Return the floating addresses that match."""
        return {"floatingips": _matching(FLOATING.values(), asked)}

    def create_floatingip(self, body: Row) -> Row:
        """Give a port a public address."""
        row = {
            **body["floatingip"],
            "id": str(uuid.uuid4()),
            "floating_ip_address": f"203.0.113.{next(_numbers) % 250 + 2}",
        }
        FLOATING[row["id"]] = row
        return {"floatingip": row}

    def delete_floatingip(self, floating: str) -> None:
        """Take a public address back."""
        FLOATING.pop(floating, None)

    def create_security_group(self, body: Row) -> Row:
        """Make a group without rules."""
        row = {**body["security_group"], "id": str(uuid.uuid4())}
        GROUPS[row["id"]] = row
        return {"security_group": row}

    def list_security_groups(self, **asked: Any) -> Row:
        """Return the groups that match."""
        return {"security_groups": _matching(GROUPS.values(), asked)}

    def delete_security_group(self, group: str) -> None:
        """Take a group away."""
        GROUPS.pop(group, None)

    def create_security_group_rule(self, body: Row) -> Row:
        """Add a rule to a group."""
        row = {**body["security_group_rule"], "id": str(uuid.uuid4())}
        RULES[row["id"]] = row
        return {"security_group_rule": row}

    def list_security_group_rules(self, **asked: Any) -> Row:
        """Return the rules that match."""
        return {"security_group_rules": _matching(RULES.values(), asked)}

    def delete_security_group_rule(self, rule: str) -> None:
        """Take a rule away."""
        RULES.pop(rule, None)


def client(*_: Any, **__: Any) -> Neutron:
    """Return the client, whoever asks."""
    return Neutron()
