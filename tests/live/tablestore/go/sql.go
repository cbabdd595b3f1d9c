package main

import ts "github.com/aliyun/aliyun-tablestore-go-sdk/tablestore"

func (t *tour) sql(statement string) (*ts.SQLQueryResponse, error) {
	return t.client.SQLQuery(&ts.SQLQueryRequest{Query: statement})
}

func names(of ts.SQLResultSet) []string {
	var made []string
	for _, column := range of.Columns() {
		made = append(made, column.Name)
	}
	return made
}

func table(of ts.SQLResultSet) [][]any {
	var made [][]any
	for of.HasNext() {
		row := of.Next()
		var cells []any
		for at, column := range of.Columns() {
			cells = append(cells, cell(row, at, column.Type))
		}
		made = append(made, cells)
	}
	return made
}

func cell(row ts.SQLRow, at int, kind ts.ColumnType) any {
	switch {
	case must(row.IsNull(at)):
		return nil
	case kind == ts.ColumnType_INTEGER:
		return must(row.GetInt64(at))
	case kind == ts.ColumnType_DOUBLE:
		return must(row.GetFloat64(at))
	}
	return must(row.GetString(at))
}

func (t *tour) sqlMapping() found {
	created := must(t.sql("CREATE TABLE `" + t.items + "` (`owner` VARCHAR(1024), `number` BIGINT(20), " +
		"`colour` MEDIUMTEXT, `price` DOUBLE, `stock` BIGINT(20), PRIMARY KEY(`owner`, `number`))"))
	shown, described := must(t.sql("SHOW TABLES")), must(t.sql("DESCRIBE `"+t.items+"`"))
	isShown := false
	for _, row := range table(shown.ResultSet) {
		isShown = isShown || row[0] == t.items
	}
	var fields []any
	for _, row := range table(described.ResultSet) {
		fields = append(fields, row[0])
	}
	return found{
		[]any{ts.SQL_CREATE_TABLE, ts.SQL_SHOW_TABLE, true, ts.SQL_DESCRIBE_TABLE, []any{"owner", "number", "colour", "price", "stock"}},
		[]any{created.StmtType, shown.StmtType, isShown, described.StmtType, fields},
	}
}

func (t *tour) sqlQuery() found {
	answer := must(t.sql("SELECT `number`, `colour`, `price`, `stock` FROM `" + t.items +
		"` WHERE `owner` = 'ann' AND `number` >= 9 AND `number` < 11 ORDER BY `number`"))
	grouped := must(t.sql("SELECT `colour`, COUNT(*) AS n FROM `" + t.items + "` GROUP BY `colour` ORDER BY `colour`"))
	blue := 0
	for _, row := range table(must(t.sql("SELECT `colour` FROM `" + t.items + "` ORDER BY `number`")).ResultSet) {
		if row[0] == "blue" {
			blue++
		}
	}
	return found{
		[]any{
			ts.SQL_SELECT, [][]any{{int64(9), "blue", 4.5, int64(9)}, {int64(10), "red", 5.0, nil}},
			[][]any{{"blue", int64(20)}, {"red", int64(5)}}, 20, t.items,
		},
		[]any{
			answer.StmtType, table(answer.ResultSet), table(grouped.ResultSet), blue,
			answer.SQLQueryConsumed.TableConsumes[0].TableName,
		},
	}
}

func (t *tour) sqlEmpty() found {
	empty := must(t.sql("SELECT `number`, `colour` FROM `" + t.items + "` WHERE `owner` = 'nobody'")).ResultSet
	dropped := must(t.sql("DROP MAPPING TABLE `" + t.items + "`"))
	return found{
		[]any{[]string{"number", "colour"}, false, ts.SQL_DROP_TABLE},
		[]any{names(empty), empty.HasNext(), dropped.StmtType},
	}
}

func (t *tour) sqlError() found {
	_, err := t.sql("SELECT a FROM tour_missing")
	return found{[]any{"OTSParameterInvalid"}, []any{refusal(err)}}
}
