"""The Ignite store on a live cluster, opened from the fields of a profile as the console does it."""

from ignite_clusters import LiveCluster

from services.secrets import Secret
from services.stores.ignite.store import IgniteStore
from services.stores.registry import store_kind

TIMEOUT_SECONDS = "20"


def profile_fields(cluster: LiveCluster, **changed: str) -> dict[str, str]:
    """The fields of a profile for the cluster."""
    fields = {"nodes": cluster.addresses, "timeout_seconds": TIMEOUT_SECONDS, "username": cluster.username or ""}
    if cluster.is_tls:
        fields |= {"tls": "true", "tls_ca": str(cluster.ca_file)}
    return fields | changed


def new_store(cluster: LiveCluster, *, password: str | None = None, **changed: str) -> IgniteStore:
    """A store for the cluster that has not connected yet."""
    secret = password or cluster.password
    secrets = {"password": Secret(secret)} if secret else {}
    store = store_kind("ignite").build(profile_fields(cluster, **changed), secrets)
    assert isinstance(store, IgniteStore)
    return store


def open_store(cluster: LiveCluster, **changed: str) -> IgniteStore:
    """A connected store."""
    store = new_store(cluster, **changed)
    store.connect()
    return store
