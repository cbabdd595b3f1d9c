"""Addresses asked of a session's process."""

import pytest

from services.errors import UsageError


async def test_a_session_tells_addresses(open_memory):
    """As the store gives them; where there is none, its refusal crosses."""
    session = await open_memory()
    assert await session.format_address(("main", "people")) == "main/people"
    with pytest.raises(UsageError, match="has no address"):
        await session.format_address(("main",))
