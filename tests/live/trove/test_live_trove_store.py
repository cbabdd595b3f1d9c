"""What the Trove store promises, on the real servers."""

import pytest
from trove_contract import *  # noqa: F403 - the tests are taken whole
from trove_servers import RealTrove
from trove_stores import TroveAccess


@pytest.fixture(scope="module")
def access(real_trove: RealTrove) -> TroveAccess:
    """The real servers, as their users."""
    return TroveAccess(real_trove.profile_fields, lambda user: real_trove.profile_secrets(user)["password"])
