"""Real servers under the real client: what the console is measured against works as its documents say."""

import requests
from trove_servers import RealTrove


def test_versions(real_trove: RealTrove) -> None:
    """Trove lists its version without a token."""
    answer = requests.get(real_trove.endpoint, timeout=10).json()
    assert ["v1.0"] == [version["id"] for version in answer["versions"]]
