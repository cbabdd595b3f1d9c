"""The configuration files of the real servers."""

from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
REGION = "RegionOne"
DATASTORE = "mysql"
MAX_INSTANCES, MAX_VOLUMES_GB, MAX_BACKUPS = 40, 400, 50
MAX_VOLUME_GB = 50
NOT_FLUSHED = {"sqlite_synchronous": "false"}
LOG_LEVELS = "oslo_config.cfg=ERROR,alembic=WARN,keystone.common.password_hashing=ERROR"
TOKEN_SECONDS = "1"  # how long Trove trusts a token without asking: a revoked one is soon refused
CALLS_A_MINUTE = 20_000
FAKES = {
    f"remote_{name}_client": f"fakes.{name}.client"
    for name in ("nova", "cinder", "neutron", "glance", "swift", "guest")
}


@dataclass(frozen=True)
class Ports:
    """The loopback ports of the servers."""

    keystone: int
    trove: int
    swift: int

    @property
    def auth_url(self) -> str:
        """Where Keystone is."""
        return f"http://{HOST}:{self.keystone}/v3"

    @property
    def trove_url(self) -> str:
        """Where Trove is, without version and project."""
        return f"http://{HOST}:{self.trove}"

    @property
    def swift_url(self) -> str:
        """Where the object store is, without the id of the project at the end."""
        return f"http://{HOST}:{self.swift}/v1/AUTH_"


def keystone_conf(folder: Path) -> str:
    """Keystone on SQLite, with keys below the folder and cheap password hashes."""
    return _ini(
        {
            "DEFAULT": {"use_stderr": "true", "max_token_size": "255", "default_log_levels": LOG_LEVELS},
            "database": {"connection": f"sqlite:///{folder}/keystone.db", **NOT_FLUSHED},
            "fernet_tokens": {"key_repository": f"{folder}/fernet-keys"},
            "credential": {"key_repository": f"{folder}/credential-keys"},
            "token": {"provider": "fernet", "expiration": "86400"},
            "identity": {"password_hash_rounds": "4"},
            "cache": {"enabled": "true", "backend": "dogpile.cache.memory"},
        }
    )


def trove_conf(folder: Path, ports: Ports, paste: Path, password: str) -> str:
    """Trove's API and task manager on SQLite and messages in memory, with fakes for the other services."""
    service = {
        "auth_url": ports.auth_url,
        "username": "trove",
        "password": password,
        "project_name": "service",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    rates = {f"http_{verb}_rate": str(CALLS_A_MINUTE) for verb in ("get", "post", "put", "delete", "mgmt_post")}
    return _ini(
        {
            "DEFAULT": {
                "bind_host": HOST,
                "bind_port": str(ports.trove),
                "trove_api_workers": "1",
                "api_paste_config": str(paste),
                "transport_url": "fake:/",
                "enable_secure_rpc_messaging": "false",
                "report_interval": "0",
                "usage_sleep_time": "1",
                "use_stderr": "true",
                "default_log_levels": LOG_LEVELS,
                "graceful_shutdown_timeout": "1",
                "region": REGION,
                "default_datastore": DATASTORE,
                "max_instances_per_tenant": str(MAX_INSTANCES),
                "max_volumes_per_tenant": str(MAX_VOLUMES_GB),
                "max_backups_per_tenant": str(MAX_BACKUPS),
                "max_accepted_volume_size": str(MAX_VOLUME_GB),
                "swift_url": ports.swift_url,
                **rates,
                **FAKES,
            },
            "database": {"connection": f"sqlite:///{folder}/trove.db", **NOT_FLUSHED},
            "network": {"enable_access_check": "false"},
            "oslo_messaging_notifications": {"driver": "noop"},
            "keystone_authtoken": {
                "auth_type": "password",
                "www_authenticate_uri": ports.auth_url,
                "token_cache_time": TOKEN_SECONDS,
                **service,
            },
            "service_credentials": {"region_name": REGION, **service},
        }
    )


def _ini(sections: dict[str, dict[str, str]]) -> str:
    blocks = (
        "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in settings.items())])
        for name, settings in sections.items()
    )
    return "\n\n".join(blocks) + "\n"
