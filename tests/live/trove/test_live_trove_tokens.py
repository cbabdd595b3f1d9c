"""The real Keystone's tokens at the real Trove."""

from pathlib import Path

import requests
from trove_oracle import oracle_with, password_access, until
from trove_servers import RealTrove


def test_a_revoked_token_is_refused(real_trove: RealTrove, oracle_python: Path, tmp_path: Path) -> None:
    """A token opens Trove until it is revoked; soon after it is answered by 401."""
    with oracle_with(oracle_python, tmp_path, password_access(real_trove, "demo")) as oracle:
        token = oracle.call("client.session.get_token")
    headers = {"X-Auth-Token": token}
    url = f"{real_trove.endpoint}/v1.0/{real_trove.users['demo'].project_id}/instances"
    assert 200 == requests.get(url, headers=headers, timeout=10).status_code
    real_trove.revoke(token)
    until(lambda: requests.get(url, headers=headers, timeout=10).status_code == 401, lambda: "the token is still good")
