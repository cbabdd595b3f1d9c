"""The suite's assertions tell their values, as those of a test module do."""

import pytest

pytest.register_assert_rewrite("conformance", "conformance_bulk", "conformance_harness")
