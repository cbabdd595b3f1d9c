"""The metrics of a node, taken from the process that plays it."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from typing import TYPE_CHECKING

from services.sandbox.ignite.cluster import Node

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.engine import Engine


def metrics_of(engine: Engine, node: Node) -> dict[str, object]:
    """One row of NODE_METRICS; what a Python process cannot know is 0, as -1 stands for unlimited."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    resident = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    uptime_ms = int((time.time() - node.started) * 1000)
    busy_ms = int((usage.ru_utime + usage.ru_stime) * 1000)
    running = len(engine.queries[node.order].running())
    started = engine.clock.timestamp_text(int(node.started * 1000))
    load = min(1.0, busy_ms / max(1, uptime_ms))
    known: dict[str, object] = {
        "NODE_ID": str(node.node_id),
        "LAST_UPDATE_TIME": engine.clock.timestamp_text(int(time.time() * 1000)),
        "CUR_ACTIVE_JOBS": running,
        "MAX_ACTIVE_JOBS": running,
        "TOTAL_BUSY_TIME": min(busy_ms, uptime_ms),
        "TOTAL_IDLE_TIME": max(0, uptime_ms - busy_ms),
        "BUSY_TIME_PERCENTAGE": load,
        "IDLE_TIME_PERCENTAGE": 1.0 - load,
        "TOTAL_CPU": os.cpu_count() or 1,
        "CUR_CPU_LOAD": load,
        "AVG_CPU_LOAD": load,
        "HEAP_MEMORY_USED": resident,
        "HEAP_MEMORY_COMMITED": resident,
        "HEAP_MEMORY_MAX": -1,
        "NONHEAP_MEMORY_MAX": -1,
        "UPTIME": uptime_ms,
        "JVM_START_TIME": started,
        "NODE_START_TIME": started,
        "LAST_DATA_VERSION": engine.results.version,
        "CUR_THREAD_COUNT": threading.active_count(),
        "MAX_THREAD_COUNT": threading.active_count(),
        "TOTAL_THREAD_COUNT": threading.active_count(),
        "CUR_DAEMON_THREAD_COUNT": sum(thread.daemon for thread in threading.enumerate()),
    }
    return _ZEROS | known


_ZEROS: dict[str, object] = dict.fromkeys(
    (
        "AVG_ACTIVE_JOBS", "MAX_WAITING_JOBS", "CUR_WAITING_JOBS", "AVG_WAITING_JOBS", "MAX_REJECTED_JOBS",
        "CUR_REJECTED_JOBS", "AVG_REJECTED_JOBS", "TOTAL_REJECTED_JOBS", "MAX_CANCELED_JOBS",
        "CUR_CANCELED_JOBS", "AVG_CANCELED_JOBS", "TOTAL_CANCELED_JOBS", "TOTAL_EXECUTED_TASKS", "MAX_JOBS_WAIT_TIME",
        "CUR_JOBS_WAIT_TIME", "AVG_JOBS_WAIT_TIME", "MAX_JOBS_EXECUTE_TIME", "CUR_JOBS_EXECUTE_TIME",
        "AVG_JOBS_EXECUTE_TIME", "TOTAL_JOBS_EXECUTE_TIME", "TOTAL_EXECUTED_JOBS", "CUR_IDLE_TIME",
        "CUR_GC_CPU_LOAD", "HEAP_MEMORY_INIT", "HEAP_MEMORY_TOTAL", "NONHEAP_MEMORY_INIT", "NONHEAP_MEMORY_USED",
        "NONHEAP_MEMORY_COMMITED", "NONHEAP_MEMORY_TOTAL", "SENT_MESSAGES_COUNT", "SENT_BYTES_COUNT",
        "RECEIVED_MESSAGES_COUNT", "RECEIVED_BYTES_COUNT", "OUTBOUND_MESSAGES_QUEUE",
    ),
    0,
)  # fmt: skip
