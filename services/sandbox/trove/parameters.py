"""Settings of the datastores that configuration groups may hold."""

from __future__ import annotations

from services.sandbox.trove.model import Parameter

_LARGEST = 2**63 - 1
_MYSQL = (
    Parameter("autocommit", "integer", minimum=0, maximum=1),
    Parameter("character_set_server", "string"),
    Parameter("connect_timeout", "integer", minimum=2, maximum=31_536_000),
    Parameter("innodb_buffer_pool_size", "integer", is_restart_required=True, minimum=5_242_880, maximum=_LARGEST),
    Parameter("innodb_flush_log_at_trx_commit", "integer", minimum=0, maximum=2),
    Parameter("innodb_log_file_size", "integer", is_restart_required=True, minimum=4_194_304, maximum=274_877_906_944),
    Parameter("long_query_time", "float", minimum=0),
    Parameter("max_allowed_packet", "integer", minimum=1024, maximum=1_073_741_824),
    Parameter("max_connections", "integer", minimum=1, maximum=100_000),
    Parameter("performance_schema", "boolean", is_restart_required=True),
    Parameter("sort_buffer_size", "integer", minimum=32_768, maximum=_LARGEST),
    Parameter("sync_binlog", "integer", minimum=0, maximum=4_294_967_295),
    Parameter("wait_timeout", "integer", minimum=1, maximum=31_536_000),
)
_POSTGRESQL = (
    Parameter("autovacuum", "boolean"),
    Parameter("checkpoint_timeout", "integer"),
    Parameter("effective_cache_size", "string"),
    Parameter("log_min_duration_statement", "string"),
    Parameter("max_connections", "integer", is_restart_required=True, minimum=0),
    Parameter("random_page_cost", "integer", minimum=0),
    Parameter("shared_buffers", "string", is_restart_required=True),
    Parameter("timezone", "string"),
    Parameter("work_mem", "string"),
)


def parameters(manager: str) -> list[Parameter]:
    """The settings of a version, each one's own to change."""
    rules = _POSTGRESQL if manager == "postgresql" else _MYSQL
    return [Parameter(**vars(one)) for one in rules]
