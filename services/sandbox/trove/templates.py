"""The settings that a datastore's template gives an instance, by the memory of its flavor."""

from __future__ import annotations

from typing import Any

from services.sandbox.trove.model import Flavor, Instance, Version

_TEMPLATE_RAM = 512
_SHARED = {
    "port": 3306,
    "basedir": "/usr",
    "datadir": "/var/lib/mysql/data",
    "tmpdir": "/var/tmp",  # noqa: S108 - the place on the instance
    "socket": "/var/run/mysqld/mysqld.sock",
    "skip-external-locking": 1,
    "thread_stack": "192K",
    "myisam-recover-options": "BACKUP,FORCE",
    "innodb_data_file_path": "ibdata1:10M:autoextend",
    "innodb_file_per_table": 1,
    "innodb_log_files_in_group": 2,
    "innodb_log_file_size": "50M",
    "innodb_log_buffer_size": "25M",
    "connect_timeout": 15,
    "wait_timeout": 120,
    "join_buffer_size": "1M",
    "read_buffer_size": "512K",
    "read_rnd_buffer_size": "512K",
    "sort_buffer_size": "1M",
    "default_storage_engine": "innodb",
    "local-infile": 0,
}
_FIXED: dict[str, dict[str, Any]] = {
    "mysql": {
        **_SHARED,
        "secure-file-priv": "NULL",
        "pid-file": "/var/run/mysqld/mysqld.pid",
        "default_authentication_plugin": "mysql_native_password",
        "performance_schema": "ON",
    },
    "mariadb": {
        **_SHARED,
        "pid_file": "/var/run/mysqld/mysqld.pid",
        "query_cache_type": 1,
        "query_cache_limit": "1M",
        "query_cache_size": "16M",
    },
    "postgresql": {
        "listen_addresses": "'*'",
        "max_connections": 100,
        "max_stack_depth": "7MB",
        "dynamic_shared_memory_type": "posix",
        "wal_level": "replica",
        "wal_log_hints": "on",
        "max_wal_size": "1GB",
        "min_wal_size": "80MB",
        "archive_mode": "on",
        # The service's reader of templates makes a list where a comment has an equals sign.
        "wal_keep_size": [80, "wal_keep_segments x wal_keep_size"],
        "log_timezone": "'Etc/UTC'",
        "datestyle": "'iso, mdy'",
        "timezone": "'Etc/UTC'",
        "default_text_search_config": "'pg_catalog.english'",
        "include_dir": "'/etc/postgresql/conf.d'",
    },
}
# What grows with memory: the value for a flavor of 512 MB, and its unit.
_GROWING = {
    "key_buffer_size": (50, "M"),
    "max_allowed_packet": (1024, "K"),
    "thread_cache_size": (4, ""),
    "innodb_buffer_pool_size": (150, "M"),
    "tmp_table_size": (16, "M"),
    "max_heap_table_size": (16, "M"),
    "table_open_cache": (256, ""),
    "table_definition_cache": (256, ""),
    "open_files_limit": (512, ""),
    "max_user_connections": (100, ""),
    "max_connections": (100, ""),
}
_SMALL_RAM, _SMALL_SHARE, _SHARE = 3072, 0.10, 0.25


def template(instance: Instance, version: Version, flavor: Flavor) -> dict[str, Any]:
    """The settings by name; sizes are text with a unit."""
    if version.manager == "postgresql":
        share = _SHARE if flavor.ram >= _SMALL_RAM else _SMALL_SHARE
        sizes = {"shared_buffers": f"{int(share * flavor.ram)}MB", "effective_cache_size": f"{flavor.ram // 2}MB"}
        return _FIXED["postgresql"] | sizes
    grown: dict[str, Any] = {"server_id": int(instance.id[:8], 16) & 0x7FFFFFFF}
    for name, (base, unit) in _GROWING.items():
        value = base * flavor.ram // _TEMPLATE_RAM
        grown[name] = f"{value}{unit}" if unit else value
    return _FIXED.get(version.manager, {}) | grown
