"""Real servers under the real client: what concerns the machines behind instances, which only fakes stand for."""

import pytest
from trove_oracle import Oracle, OracleRefused

IMAGE = "1ae00000-0000-4000-8000-000000000001"
NETWORK, NO_NETWORK = "0e700000-0000-4000-8000-000000000001", "0e700000-0000-4000-8000-00000000000f"
SUBNET = "50b0e700-0000-4000-8000-000000000001"


def test_an_instance_is_rebuilt_from_an_image(admin_oracle: Oracle, instance: str) -> None:
    """An administrator rebuilds an instance, which is ready again afterwards with its databases."""
    admin_oracle.call("mgmt_instances.rebuild", instance, IMAGE)
    admin_oracle.ready(instance)
    assert ["orders", "stock"] == [row["name"] for row in admin_oracle.pages("databases.list", instance)]


def test_a_network_and_a_volume_type_are_chosen(oracle: Oracle) -> None:
    """An instance on a chosen network has the address that is asked for; an unknown network ends in ERROR."""
    nic = {"network_id": NETWORK, "subnet_id": SUBNET, "ip_address": "10.20.200.7"}
    made = oracle.create(
        "placed", nics=[nic], volume={"size": 2, "type": "fast"}, datastore="postgresql", datastore_version="16"
    )["id"]
    assert ["10.20.200.7"] == [address["address"] for address in oracle.ready(made)["addresses"]]
    lost = oracle.create("lost", nics=[{"network_id": NO_NETWORK}])["id"]
    oracle.settled(lost, "ERROR")
    oracle.delete(made, lost)


def test_replicas_keep_apart(oracle: Oracle) -> None:
    """The locality of an instance is told, and holds for its replica."""
    source = oracle.create("apart", locality="anti-affinity")["id"]
    assert "anti-affinity" == oracle.ready(source)["locality"]
    follower = oracle.replicate("apart too", source)["id"]
    assert "anti-affinity" == oracle.ready(follower)["locality"]
    oracle.delete(follower)
    oracle.delete(source)


def test_an_unknown_flavor_or_datastore_is_refused(oracle: Oracle) -> None:
    """A flavor and a version that are not there answer 400, a datastore 404."""
    asked = (({"flavor_id": "99"}, 400), ({"datastore_version": "0.1"}, 400), ({"datastore": "absent"}, 404))
    for more, status in asked:
        with pytest.raises(OracleRefused) as refused:
            oracle.create("never", **more)
        assert status == refused.value.status, more
