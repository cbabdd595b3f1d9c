"""Real nodes answer, can be killed, and come back."""

from ignite_clusters import LiveCluster


def test_a_plain_node_answers_sql(plain_node: LiveCluster) -> None:
    """A plain node lists itself in SYS.NODES."""
    client = plain_node.connect()
    rows = list(client.sql("SELECT CONSISTENT_ID FROM SYS.NODES"))
    client.close()
    assert rows == [["node1"]]


def test_a_secure_node_is_active_after_kill(secure_node: LiveCluster) -> None:
    """A node with persistence comes back active with its users and its data after a kill."""
    client = secure_node.connect()
    client.get_or_create_cache("kept").put(1, "before")
    client.close()
    secure_node.nodes[0].kill()
    secure_node.heal()
    client = secure_node.connect()
    found = client.get_cache("kept").get(1)
    client.close()
    assert found == "before"


def test_two_nodes_form_one_cluster(two_nodes: LiveCluster) -> None:
    """Each of two nodes sees both, and one of them works alone when the other is killed."""
    client = two_nodes.connect()
    both = sorted(row[0] for row in client.sql("SELECT CONSISTENT_ID FROM SYS.NODES"))
    assert both == ["node1", "node2"]
    two_nodes.nodes[1].kill()
    assert not two_nodes.nodes[1].is_running
    two_nodes.heal()
    healed = sorted(row[0] for row in client.sql("SELECT CONSISTENT_ID FROM SYS.NODES"))
    client.close()
    assert healed == ["node1", "node2"]
