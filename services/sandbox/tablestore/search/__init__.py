"""Search indexes: queries, sorting, paging, aggregations, evaluated over the rows as they are."""
