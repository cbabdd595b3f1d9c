package main

import (
	"strings"

	ts "github.com/aliyun/aliyun-tablestore-go-sdk/tablestore"
)

func (t *tour) create(meta *ts.TableMeta, versions int, isTransactional bool, indexes ...*ts.IndexMeta) error {
	request := &ts.CreateTableRequest{
		TableMeta: meta, TableOption: ts.NewTableOption(-1, versions), ReservedThroughput: &ts.ReservedThroughput{}, IndexMetas: indexes,
	}
	if isTransactional {
		request.EnableLocalTxn = pointer(true)
	}
	_, err := t.client.CreateTable(request)
	return err
}

func (t *tour) createTyped() error {
	meta := &ts.TableMeta{TableName: t.typed}
	meta.AddPrimaryKeyColumn("text", ts.PrimaryKeyType_STRING)
	meta.AddPrimaryKeyColumn("number", ts.PrimaryKeyType_INTEGER)
	meta.AddPrimaryKeyColumn("bytes", ts.PrimaryKeyType_BINARY)
	return t.create(meta, 3, false)
}

func (t *tour) createCounted() error {
	meta := &ts.TableMeta{TableName: t.counted}
	meta.AddPrimaryKeyColumn("owner", ts.PrimaryKeyType_STRING)
	meta.AddPrimaryKeyColumnOption("number", ts.PrimaryKeyType_INTEGER, ts.AUTO_INCREMENT)
	return t.create(meta, 1, false)
}

func (t *tour) createItems() error {
	meta := &ts.TableMeta{TableName: t.items}
	meta.AddPrimaryKeyColumn("owner", ts.PrimaryKeyType_STRING)
	meta.AddPrimaryKeyColumn("number", ts.PrimaryKeyType_INTEGER)
	meta.AddDefinedColumn("colour", ts.DefinedColumn_STRING)
	meta.AddDefinedColumn("price", ts.DefinedColumn_DOUBLE)
	byColour := &ts.IndexMeta{IndexName: t.colours}
	byColour.AddPrimaryKeyColumn("colour")
	byColour.AddDefinedColumn("price")
	return t.create(meta, 1, true, byColour)
}

func (t *tour) createTables() found {
	errs := []any{t.createTyped(), t.createCounted(), t.createItems()}
	return found{[]any{nil, nil, nil, 3}, append(errs, len(t.ours()))}
}

func (t *tour) createTwice() found {
	return found{[]any{"OTSObjectAlreadyExist"}, []any{refusal(t.createTyped())}}
}

// ours are the tables of this tour; a list may name its indexes too.
func (t *tour) ours() []string {
	var made []string
	for _, name := range must(t.client.ListTable()).TableNames {
		if strings.HasPrefix(name, strings.TrimSuffix(t.items, "_items")) && name != t.colours {
			made = append(made, name)
		}
	}
	return made
}

func (t *tour) described(table string) *ts.DescribeTableResponse {
	return must(t.client.DescribeTable(&ts.DescribeTableRequest{TableName: table}))
}

func keyNames(of *ts.DescribeTableResponse) []string {
	var made []string
	for _, column := range of.TableMeta.SchemaEntry {
		made = append(made, *column.Name)
	}
	return made
}

func (t *tour) describe() found {
	wide, indexed, auto := t.described(t.typed), t.described(t.items), t.described(t.counted)
	var types []ts.PrimaryKeyType
	for _, column := range wide.TableMeta.SchemaEntry {
		types = append(types, *column.Type)
	}
	var defined []ts.DefinedColumnSchema
	for _, column := range indexed.TableMeta.DefinedColumns {
		defined = append(defined, *column)
	}
	index := indexed.IndexMetas[0]
	return found{
		[]any{
			[]string{"text", "number", "bytes"},
			[]ts.PrimaryKeyType{ts.PrimaryKeyType_STRING, ts.PrimaryKeyType_INTEGER, ts.PrimaryKeyType_BINARY},
			-1, 3, 0, false, ts.AUTO_INCREMENT,
			[]ts.DefinedColumnSchema{{Name: "colour", ColumnType: ts.DefinedColumn_STRING}, {Name: "price", ColumnType: ts.DefinedColumn_DOUBLE}},
			t.colours, "colour", []string{"price"}, ts.IT_GLOBAL_INDEX, []string{"colour", "owner", "number"},
		},
		[]any{
			keyNames(wide), types, wide.TableOption.TimeToAlive, wide.TableOption.MaxVersion, wide.ReservedThroughput.Readcap,
			wide.StreamDetails.EnableStream, *auto.TableMeta.SchemaEntry[1].Option, defined,
			index.IndexName, index.Primarykey[0], index.DefinedColumns, index.IndexType, keyNames(t.described(t.colours)),
		},
	}
}

func (t *tour) updateOptions() found {
	option := ts.NewTableOption(864_000, 4)
	option.DeviationCellVersionInSec = 172_800
	said := must(t.client.UpdateTable(&ts.UpdateTableRequest{TableName: t.typed, TableOption: option})).TableOption
	got := t.described(t.typed).TableOption
	return found{
		[]any{4, 864_000, 4, int64(172_800), true},
		[]any{said.MaxVersion, got.TimeToAlive, got.MaxVersion, got.DeviationCellVersionInSec, *got.AllowUpdate},
	}
}

func (t *tour) splits() found {
	request := &ts.ComputeSplitPointsBySizeRequest{TableName: t.items, SplitSize: 1, SplitSizeUnitInByte: pointer(int64(200))}
	splits := must(t.client.ComputeSplitPointsBySize(request)).Splits
	var got []int64
	for _, split := range splits {
		criteria := t.all(ts.FORWARD)
		criteria.StartPrimaryKey, criteria.EndPrimaryKey = split.LowerBound, split.UpperBound
		part, _ := t.pages(criteria)
		got = append(got, numbers(part)...)
	}
	return found{[]any{true, counted(0, rows-1)}, []any{len(splits) > 1, got}}
}

func (t *tour) deleteTables() found {
	must(t.client.DeleteSearchIndex(&ts.DeleteSearchIndexRequest{TableName: t.items, IndexName: t.search}))
	for _, table := range []string{t.typed, t.counted, t.items} {
		must(t.client.DeleteTable(&ts.DeleteTableRequest{TableName: table}))
	}
	_, err := t.client.DescribeTable(&ts.DescribeTableRequest{TableName: t.items})
	return found{[]any{"OTSObjectNotExist", 0}, []any{refusal(err), len(t.ours())}}
}
