"""SQL over the tables: mappings, an embedded engine, answers by column."""
