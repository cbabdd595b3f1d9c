"""The attributes that a node publishes."""

from __future__ import annotations

import os
import platform

from services.sandbox.ignite.cluster import PRODUCT_VERSION, Cluster, Node

VERSION_TEXT = ".".join(map(str, PRODUCT_VERSION))


def attributes_of(cluster: Cluster, node: Node) -> dict[str, str | bool | int]:
    """Names and values; integers travel as Ignite ints."""
    return {
        "org.apache.ignite.build.ver": VERSION_TEXT,
        "org.apache.ignite.ignite.name": node.consistent_id,
        "org.apache.ignite.cache.client": False,
        "org.apache.ignite.daemon": False,
        "org.apache.ignite.ips": "127.0.0.1",
        "org.apache.ignite.marshaller": "org.apache.ignite.internal.binary.BinaryMarshaller",
        "org.apache.ignite.peer.class.loading.enabled": False,
        "org.apache.ignite.jvm.pid": os.getpid(),
        "clientListenerPort": node.port,
        "java.version": "17",
        "os.name": platform.system(),
        "os.arch": platform.machine(),
        "user.timezone": cluster.timezone,
        "storedeck.sandbox": True,
    }
