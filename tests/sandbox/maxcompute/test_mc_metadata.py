"""Metadata as the SDK reads it."""

from __future__ import annotations

import pytest
from odps import ODPS
from odps.errors import NoPermission, NoSuchObject
from odps.models import Table

from services.sandbox.maxcompute.server import MaxComputeSandbox


def test_projects_are_listed_with_state_owner_and_times(reader: ODPS) -> None:
    """All projects are listed; one tells its owner, its state and when it was made."""
    project = reader.get_project("lab")
    project.reload()
    assert ["lab", "restricted", "sandbox"] == [found.name for found in reader.list_projects()]
    assert ("ALIYUN$owner@sandbox", "AVAILABLE") == (project.owner, project.status.value)
    assert project.creation_time is not None


def test_a_missing_project_is_missed(reader: ODPS) -> None:
    """A project that is not there is told from one that is."""
    assert (True, False) == (reader.exist_project("sandbox"), reader.exist_project("nowhere"))


def test_a_forbidden_project_is_refused(reader: ODPS) -> None:
    """Without a right in a project nothing of it is shown."""
    with pytest.raises(NoPermission, match=r"odps:Read.*restricted"):
        list(reader.list_tables(project="restricted"))


def test_tables_and_views_are_listed(reader: ODPS) -> None:
    """Tables come in the order of their names, with their kind."""
    found = {table.name: table.type for table in reader.list_tables()}
    assert ["empty_table", "orders", "sales", "sales_by_region", "visits", "zoo"] == list(found)
    assert Table.Type.VIRTUAL_VIEW == found["sales_by_region"]


def test_a_table_tells_its_columns_and_more(reader: ODPS) -> None:
    """Columns with types, comments and whether they take NULL; partition keys, lifecycle, size, rows."""
    table = reader.get_table("sales")
    table.reload()
    schema = table.table_schema
    assert ["BIGINT", "STRING", "STRING", "DECIMAL(12,2)", "INT", "DATETIME"] == [
        str(column.type).upper() for column in schema.simple_columns
    ]
    assert (False, "Counted from 0") == (schema["order_id"].nullable, schema["order_id"].comment)
    assert ["pt"] == [key.name for key in schema.partitions]
    assert (365, "What was sold, by day") == (table.lifecycle, table.comment)
    assert table.size > 1_000_000


def test_extended_information_tells_of_transactions_and_keys(reader: ODPS) -> None:
    """A table with a primary key says so; another does not."""
    orders, visits = reader.get_table("orders"), reader.get_table("visits")
    assert (True, ["id"], 500) == (orders.is_transactional, orders.primary_key, orders.record_num)
    assert (False, 11) == (visits.is_transactional, visits.file_num)


def test_every_type_is_understood(reader: ODPS) -> None:
    """The SDK reads the types of all columns of the zoo."""
    kinds = {column.name: str(column.type).upper() for column in reader.get_table("zoo").table_schema.columns}
    assert "STRUCT<`A`:INT,`B`:STRING,`C`:ARRAY<DOUBLE>>" == kinds["c_struct"].replace(" ", "")
    assert ("VARCHAR(200)", "TIMESTAMP_NTZ", "JSON") == (
        kinds["c_varchar"],
        kinds["c_timestamp_ntz"],
        kinds["c_json"],
    )


def test_partitions_are_listed_by_prefix_and_backwards(reader: ODPS) -> None:
    """A spec that leaves keys out lists those below it."""
    visits = reader.get_table("visits")
    found = [partition.name for partition in visits.iterate_partitions("dt=20260102")]
    assert [f"dt='20260102',region='{region}'" for region in ("east", "north", "south", "west")] == found
    first = next(iter(visits.iterate_partitions(reverse=True)))
    assert "dt='20260103',region='west'" == first.name


def test_a_partition_tells_rows_and_times(reader: ODPS) -> None:
    """Rows, bytes and times of a partition."""
    partition = reader.get_table("sales").get_partition("pt=20260103")
    partition.reload()
    assert (50_000, True) == (partition.record_num, partition.creation_time is not None)
    assert partition.size == partition.physical_size


def test_the_newest_partition_with_rows(reader: ODPS) -> None:
    """The greatest partition that is not empty."""
    found = reader.get_table("visits").get_max_partition()
    assert "dt='20260103',region='south'" == found.name


def test_what_is_not_there_is_missed(reader: ODPS) -> None:
    """Tables and partitions that are not there are told as that."""
    assert (True, False) == (reader.exist_table("sales"), reader.exist_table("sale"))
    sales = reader.get_table("sales")
    assert (True, False) == (sales.exist_partition("pt=20260101"), sales.exist_partition("pt=19990101"))
    with pytest.raises(NoSuchObject, match="Table not found"):
        reader.get_table("sale").reload()


def test_schemas_of_a_three_level_project(reader: ODPS) -> None:
    """Schemas are listed, and tables found in them."""
    assert ["default", "staging"] == [schema.name for schema in reader.list_schemas("lab")]
    assert ["readings"] == [table.name for table in reader.list_tables(project="lab", schema="staging")]
    table = reader.get_table("readings", project="lab", schema="staging")
    assert ["sensor", "value"] == table.table_schema.names


def test_schemas_are_made_and_dropped(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """A schema of a project that has them comes and goes."""
    project = bare.warehouse.project("sandbox")
    project.is_two_level = False
    writer.create_schema("fresh")
    assert ["default", "fresh"] == project.schemas()
    writer.delete_schema("fresh")
    assert ["default"] == project.schemas()


def test_long_lists_come_in_pages(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """Behind the last item of a page the next page is asked for by marker."""
    for number in range(7):
        writer.create_table(f"t{number}", ("id bigint", "pt string"))
    for number in range(4):
        writer.get_table("t0").create_partition(f"pt={number}")
    assert [f"t{number}" for number in range(7)] == [table.name for table in writer.list_tables()]
    assert 3 == bare.counters["ListTables"]
    assert 4 == len(list(writer.get_table("t0").partitions))


def test_tables_by_prefix_owner_and_kind(reader: ODPS) -> None:
    """Lists take a prefix, an owner, a kind."""
    assert ["sales", "sales_by_region"] == [table.name for table in reader.list_tables(prefix="sal")]
    assert [] == list(reader.list_tables(owner="nobody"))
    assert ["sales_by_region"] == [table.name for table in reader.list_tables(type="VIRTUAL_VIEW")]


def test_the_head_of_a_table_needs_no_job(stocked: MaxComputeSandbox, reader: ODPS) -> None:
    """The first rows come without a job, with the partition's values or a choice of columns."""
    before = stocked.counters["SubmitJob"]
    sales = reader.get_table("sales")
    first = next(iter(sales.head(1, partition="pt=20260102")))
    assert (50_000, "20260102") == (first["order_id"], first["pt"])
    assert [0, 1, 2] == [row["order_id"] for row in sales.head(3, partition="pt=20260101", columns=["order_id"])]
    assert before == stocked.counters["SubmitJob"]


def test_quotas_are_listed(reader: ODPS) -> None:
    """Quotas with their figures."""
    found = {quota.nickname: quota.cpu for quota in reader.list_quotas()}
    assert {"default_quota": 5000, "batch_quota": 3000, "interactive_quota": 2000} == found
    assert "ON" == reader.get_quota("batch_quota").status.value
    assert not reader.exist_quota("no_quota")


def test_users_roles_and_security(reader: ODPS) -> None:
    """Who belongs to the project, in which roles."""
    project = reader.get_project()
    assert ["ALIYUN$owner@sandbox", "RAM$owner@sandbox:analyst"] == [user.display_name for user in project.users]
    assert "reader" in [role.name for role in project.roles]
    assert "ALIYUN$owner@sandbox" == reader.run_security_query("whoami")["DisplayName"]
    assert project.security_options.support_policy
