"""The kind `memory`, added to the registry by `STOREDECK_EXTRA_KINDS=services.stores.memory.kind:MEMORY`."""

from __future__ import annotations

from services.stores.kinds import ProfileField, StoreKind

MEMORY = StoreKind(
    kind="memory",
    tag="ME",
    title="In memory",
    target="services.stores.memory.store:MemoryStore",
    fields=(
        ProfileField("rows", "Rows", "Rows of the sample table `people`.", default="100"),
        ProfileField("generated", "Generated rows", "Rows of the table `numbers`, made as they are read.", "1000000"),
        ProfileField("tables", "More tables", "Number of empty tables beside the samples.", default="0"),
        ProfileField("page_rows", "Rows a page", "Rows of one page.", default="100"),
        ProfileField("shared", "Shared file", "Tables are kept there, for several processes.", default=""),
        ProfileField("faults", "Faults", "JSON: what goes wrong, by method; see `faults.Fault`.", default="{}"),
        ProfileField("log", "Log", "A file to which each request adds a line.", default=""),
        ProfileField("expects", "Expected password", "Sign-in fails with any other password.", default=""),
        ProfileField("password", "Password", "Compared with what is expected.", is_secret=True),
    ),
)
