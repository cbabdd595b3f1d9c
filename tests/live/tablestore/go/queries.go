package main

import (
	ts "github.com/aliyun/aliyun-tablestore-go-sdk/tablestore"
	"github.com/aliyun/aliyun-tablestore-go-sdk/tablestore/search"
)

func (t *tour) inPages(direction ts.Direction) found {
	criteria := t.all(direction)
	criteria.Limit = page
	got, sizes := t.pages(criteria)
	wanted := counted(0, rows-1)
	if direction == ts.BACKWARD {
		wanted = counted(rows-1, 0)
	}
	return found{[]any{wanted, []int{4, 4, 4, 4, 4, 4, 1}}, []any{numbers(got), sizes}}
}

// passing gives the rows that a filter lets through; the first pages may be empty.
func (t *tour) passing(filter ts.ColumnFilter) []int64 {
	criteria := t.all(ts.FORWARD)
	criteria.Filter = filter
	got, _ := t.pages(criteria)
	return numbers(got)
}

func (t *tour) filtered() found {
	stocked := ts.NewSingleColumnCondition("stock", ts.CT_GREATER_EQUAL, int64(9))
	stocked.FilterIfMissing = true
	either := ts.NewCompositeColumnCondition(ts.LO_OR)
	either.AddFilter(stocked)
	either.AddFilter(ts.NewSingleColumnCondition("colour", ts.CT_EQUAL, "red"))
	last := ts.NewSingleColumnCondition("price", ts.CT_GREATER_THAN, 11.0)
	return found{
		[]any{[]int64{0, 5, 9, 10, 12, 15, 18, 20, 21, 24}, []int64{23, 24}},
		[]any{t.passing(either), t.passing(last)},
	}
}

func (t *tour) columns() found {
	criteria := t.all(ts.FORWARD)
	criteria.AddColumnToGet("stock")
	got, _ := t.pages(criteria)
	last := got[len(got)-1]
	return found{
		[]any{[]int64{0, 3, 6, 9, 12, 15, 18, 21, 24}, map[string]any{"stock": int64(24)}, *item("ann", 24)},
		[]any{numbers(got), values(last.Columns), *last.PrimaryKey},
	}
}

func (t *tour) secondaryIndex() found {
	criteria := &ts.RangeRowQueryCriteria{TableName: t.colours, MaxVersion: 1}
	criteria.StartPrimaryKey = key("colour", "red", "owner", low{}, "number", low{})
	criteria.EndPrimaryKey = key("colour", "red", "owner", high{}, "number", high{})
	got, _ := t.pages(criteria)
	return found{
		[]any{[]int64{0, 5, 10, 15, 20}, map[string]any{"price": 10.0}},
		[]any{numbers(got), values(got[len(got)-1].Columns)},
	}
}

func (t *tour) searchIndex() found {
	field := func(name string, kind ts.FieldType) *ts.FieldSchema {
		return &ts.FieldSchema{FieldName: &name, FieldType: kind, Index: pointer(true), EnableSortAndAgg: pointer(true)}
	}
	schema := &ts.IndexSchema{FieldSchemas: []*ts.FieldSchema{
		field("number", ts.FieldType_LONG), field("colour", ts.FieldType_KEYWORD), field("price", ts.FieldType_DOUBLE),
	}}
	must(t.client.CreateSearchIndex(&ts.CreateSearchIndexRequest{TableName: t.items, IndexName: t.search, IndexSchema: schema}))
	listed := must(t.client.ListSearchIndex(&ts.ListSearchIndexRequest{TableName: t.items})).IndexInfo
	described := must(t.client.DescribeSearchIndex(&ts.DescribeSearchIndexRequest{TableName: t.items, IndexName: t.search}))
	var got []any
	for _, one := range described.Schema.FieldSchemas {
		got = append(got, *one.FieldName, one.FieldType)
	}
	return found{
		[]any{"number", ts.FieldType_LONG, "colour", ts.FieldType_KEYWORD, "price", ts.FieldType_DOUBLE, 1, t.search},
		append(got, len(listed), listed[0].IndexName),
	}
}

func (t *tour) searchInPages() found {
	dear := &search.RangeQuery{FieldName: "price"}
	dear.GT(5.0)
	blue := &search.BoolQuery{MustQueries: []search.Query{&search.TermQuery{FieldName: "colour", Term: "blue"}, dear}}
	sorters := []search.Sorter{search.NewFieldSort("number", search.SortOrder_DESC)}
	query := search.NewSearchQuery().SetQuery(blue).SetLimit(page).SetGetTotalCount(true).SetSort(&search.Sort{Sorters: sorters})
	var got []*ts.Row
	var totals []int64
	for {
		request := &ts.SearchRequest{TableName: t.items, IndexName: t.search, SearchQuery: query}
		request.SetColumnsToGet(&ts.ColumnsToGet{Columns: []string{"price"}})
		answer := must(t.client.Search(request))
		got, totals = append(got, answer.Rows...), append(totals, answer.TotalCount)
		if answer.NextToken == nil {
			break
		}
		query = search.NewSearchQuery().SetQuery(blue).SetLimit(page).SetGetTotalCount(true).SetToken(answer.NextToken)
	}
	return found{
		[]any{[]int64{24, 23, 22, 21, 19, 18, 17, 16, 14, 13, 12, 11}, []int64{12, 12, 12}, map[string]any{"price": 12.0}},
		[]any{numbers(got), totals, values(got[0].Columns)},
	}
}
