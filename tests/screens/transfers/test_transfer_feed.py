"""The queue as the console follows it: always what the queue itself would list, however it came to be so."""

from __future__ import annotations

import random

import pytest
from transfer_items import at_work, ended, queued, turn_of

from services.bootstrap import Services
from services.transfers.model import ItemState
from tui.transfer_feed import TransferFeed


async def check(feed: TransferFeed, services: Services) -> None:
    """Look, and compare with the whole queue."""
    await feed.look()
    assert tuple(services.transfers.items()) == feed.items
    states = [item.state for item in feed.items]
    assert feed.counts()["running"] == states.count(ItemState.RUNNING)
    assert sum(item.rate for item in feed.items if item.state is ItemState.RUNNING) == feed.rate


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_the_feed_is_the_queue(services: Services, seed: int) -> None:
    """Progress, ends, orders, new items and purges in any order."""
    chance, queue = random.Random(seed), services.transfers
    ids = [queued(services, f"/data/{number}.csv", f"/data/{number}.parquet") for number in range(20)]
    for one in ids[:5]:
        at_work(services, one)
    feed = TransferFeed(services)
    await check(feed, services)
    for _ in range(40):
        one = chance.choice(ids)
        is_open = not queue.item(one).state.is_ended
        match chance.randrange(6):
            case 0 | 1 if is_open:
                with turn_of(services) as turn:
                    turn.set(one, rows_done=chance.randrange(1000), rate=float(chance.randrange(100)))
            case 2 if is_open:
                ended(services, one, chance.choice([ItemState.DONE, ItemState.FAILED]))
            case 3 if is_open:
                queue.set_priority(one, chance.randrange(3))
            case 4:
                ids.append(queued(services, "/data/new.csv", "/data/new.parquet"))
            case 5:
                gone = queue.purge()
                ids = [left for left in ids if left not in gone]
        await check(feed, services)
