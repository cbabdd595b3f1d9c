"""The sample instances, a row each."""

from __future__ import annotations

from dataclasses import dataclass

MYSQL, MYSQL_OLD = ("mysql", "8.0.36"), ("mysql", "5.7.44")
MARIADB, MARIADB_10 = ("mariadb", "11.4"), ("mariadb", "10.11")
POSTGRES, POSTGRES_OLD = ("postgresql", "16"), ("postgresql", "15")
HUGE = "db-huge"
"""A flavor whose id is no number."""


@dataclass(frozen=True)
class Sample:
    """An instance by name; `days` is its age, `share` how full its volume is, users are `name[@host]`.

    `state` is empty for a healthy one, else BUILD (it never ends), ERROR, RESTART_REQUIRED, SHUTDOWN (the database is
    stopped) or SILENT (its guest does not answer any more).
    """

    name: str
    version: tuple[str, str]
    flavor: str
    size: int
    days: float
    share: float = 0.3
    state: str = ""
    databases: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    replica_of: str = ""
    configuration: str = ""
    is_public: bool = False
    has_root: bool = False
    fault: str = ""


_SHOP = ("catalog", "orders", "payments")
_REFUSED_BACKUP = "An action was refused: a backup of this instance was being made."
INSTANCES = (
    Sample("orders-db", MYSQL, "4", 200, 420, 0.61, "", _SHOP, ("app", "report@10.0.0.%"), "", "high-traffic", True),
    Sample("orders-db-replica-1", MYSQL, "4", 200, 400, 0.61, "", _SHOP, ("app",), "orders-db"),
    Sample("orders-db-replica-2", MYSQL, "4", 200, 380, 0.61, "", _SHOP, ("app",), "orders-db"),
    Sample("billing-db", MYSQL, "3", 80, 350, 0.44, "", ("billing", "ledger"), ("billing",), fault=_REFUSED_BACKUP),
    Sample("sessions-db", MYSQL, "2", 20, 310, 0.7, "SILENT", ("sessions",), ("web",)),
    Sample("sessions-db-replica", MYSQL, "2", 20, 200, 0.7, "", ("sessions",), ("web",), "sessions-db"),
    Sample("warehouse-pg", POSTGRES, HUGE, 400, 290, 0.82, "", ("dwh", "staging"), ("etl", "bi"), "", "analytics"),
    Sample("metrics-pg", POSTGRES, "4", 300, 250, 0.93, "", ("metrics",), ("collector",)),
    Sample("geo-pg", POSTGRES_OLD, "3", 60, 33, 0.2, "", ("geo",), ("maps",), is_public=True),
    Sample("analytics-pg", POSTGRES_OLD, "4", 120, 21, 0.35, "", ("events",), ("analyst",)),
    Sample("wiki-db", MARIADB, "2", 15, 500, 0.5, "", ("wiki",), ("wiki",)),
    Sample("forum-db", MARIADB, "2", 25, 480, 0.55, "", ("forum",), ("forum",), has_root=True),
    Sample("crm-db", MARIADB, "3", 50, 220, 0.4, "", ("crm",), ("crm", "sync@192.0.2.10")),
    Sample("mail-db", MARIADB_10, "2", 30, 900, 0.66, "", ("mail",), ("dovecot", "postfix")),
    Sample(
        *("inventory-db", MYSQL_OLD, "3", 45, 95, 0.25, "RESTART_REQUIRED", ("inventory",), ("stock",)),
        configuration="large-packets",
    ),
    Sample("search-db", MYSQL, "3", 40, 88, 0.31, "", ("search",), ("indexer",), "", "big-buffers"),
    Sample("import-db", MYSQL, HUGE, 250, 0.02, 0.1, "ERROR"),
    Sample("payroll-db", MYSQL_OLD, "2", 10, 0.08, 0.1, "BUILD"),
    Sample("archive-db", MYSQL, "1", 350, 1200, 0.97, "SHUTDOWN", ("archive",), ("reader",)),
    Sample("notes-db", MYSQL_OLD, "1", 5, 12, 0.1, "", ("notes",), ("notes",)),
    Sample("shop-test", MYSQL, "1", 10, 60, 0.2, "", _SHOP, ("app",)),
    Sample("shop-staging", MYSQL, "2", 40, 75, 0.3, "", _SHOP, ("app",), is_public=True),
    Sample("ci-mysql", MYSQL_OLD, "1", 5, 2, 0.05, "", ("ci",), ("ci",)),
    Sample("ci-postgres", POSTGRES_OLD, "1", 5, 2, 0.05, "", ("ci",), ("ci",)),
    Sample("ci-mariadb", MARIADB, "1", 5, 2, 0.05, "", ("ci",), ("ci",)),
    Sample("tickets-db", MARIADB, "2", 20, 140, 0.45, "", ("tickets",), ("helpdesk",)),
    Sample("ldap-audit", POSTGRES, "1", 15, 170, 0.38, "", ("audit",), ("auditor",)),
    Sample("iot-events", POSTGRES, HUGE, 180, 44, 0.58, "", ("telemetry",), ("gateway",)),
    Sample("fraud-model", POSTGRES_OLD, "4", 90, 17, 0.27, "", ("features", "scores"), ("model",)),
    Sample("sandbox-db", MYSQL, "1", 5, 1, 0.02),
)
OTHERS = (
    Sample("their-db", MYSQL, "2", 20, 30, 0.3, "", ("theirs",), ("them",)),
    Sample("their-pg", POSTGRES, "2", 9, 9),
)
