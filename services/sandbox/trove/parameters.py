"""Settings of the datastores that configuration groups may hold."""

from __future__ import annotations

from services.sandbox.trove.model import Parameter

_GB = 1024**3
_MYSQL = (
    Parameter("autocommit", "integer", minimum=0, maximum=1, default=1),
    Parameter("character_set_server", "string", default="utf8mb4"),
    Parameter("connect_timeout", "integer", minimum=2, maximum=31_536_000, default=15),
    Parameter("innodb_buffer_pool_size", "integer", is_restart_required=True, minimum=0, maximum=64 * _GB, default=1),
    Parameter("innodb_flush_log_at_trx_commit", "integer", minimum=0, maximum=2, default=1),
    Parameter("innodb_log_file_size", "integer", is_restart_required=True, minimum=1_048_576, maximum=4 * _GB),
    Parameter("long_query_time", "float", minimum=0, maximum=31_536_000, default=10),
    Parameter("max_allowed_packet", "integer", minimum=1024, maximum=_GB, default=67_108_864),
    Parameter("max_connections", "integer", minimum=1, maximum=65_535, default=100),
    Parameter("performance_schema", "boolean", is_restart_required=True),
    Parameter("sort_buffer_size", "integer", minimum=32_768, maximum=4 * _GB, default=262_144),
    Parameter("sql_mode", "string", default="STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"),
    Parameter("sync_binlog", "integer", minimum=0, maximum=4_294_967_295, default=1),
    Parameter("wait_timeout", "integer", minimum=1, maximum=31_536_000, default=120),
)
_POSTGRESQL = (
    Parameter("autovacuum", "boolean", default=True),
    Parameter("checkpoint_timeout", "integer", minimum=30, maximum=86_400, default=300),
    Parameter("effective_cache_size", "integer", minimum=1, maximum=2_147_483_647, default=524_288),
    Parameter("log_min_duration_statement", "integer", minimum=-1, maximum=2_147_483_647, default=-1),
    Parameter("max_connections", "integer", is_restart_required=True, minimum=1, maximum=262_143, default=100),
    Parameter("random_page_cost", "float", minimum=0, default=4.0),
    Parameter("shared_buffers", "integer", is_restart_required=True, minimum=16, maximum=1_073_741_823, default=1),
    Parameter("timezone", "string", default="UTC"),
    Parameter("wal_level", "string", is_restart_required=True, default="replica"),
    Parameter("work_mem", "integer", minimum=64, maximum=2_147_483_647, default=4096),
)


def parameters(manager: str) -> list[Parameter]:
    """The settings of a version, each one's own to change."""
    rules = _POSTGRESQL if manager == "postgresql" else _MYSQL
    return [Parameter(**vars(one)) for one in rules]
