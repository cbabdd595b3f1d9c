"""The IKV sandbox and the command line, for the tests of the store."""

import pytest
from certificates import Authority
from cli_runs import cli
from ikv_sandbox import fresh_ikv, ikv_sandbox

__all__ = ["authority", "cli", "fresh_ikv", "ikv_sandbox"]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority for the run."""
    return Authority(tmp_path_factory.mktemp("certificates"))
