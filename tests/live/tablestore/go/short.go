package main

import (
	"errors"

	ts "github.com/aliyun/aliyun-tablestore-go-sdk/tablestore"
)

const (
	rows        = 25
	page        = 4
	anyRow      = ts.RowExistenceExpectation_IGNORE
	thereIs     = ts.RowExistenceExpectation_EXPECT_EXIST
	thereIsNone = ts.RowExistenceExpectation_EXPECT_NOT_EXIST
)

// low, high and automatic stand for values of a key.
type low struct{}
type high struct{}
type automatic struct{}

// must gives the answer of a call; an error ends the step.
func must[T any](answer T, err error) T {
	if err != nil {
		panic(err)
	}
	return answer
}

func pointer[T any](value T) *T { return &value }

// refusal is the code of a service error, which must come with a request id.
func refusal(err error) string {
	var refused *ts.OtsError
	switch {
	case err == nil:
		return "no error"
	case !errors.As(err, &refused):
		return err.Error()
	case refused.RequestId == "":
		return "no request id"
	}
	return refused.Code
}

func key(namesAndValues ...any) *ts.PrimaryKey {
	made := new(ts.PrimaryKey)
	for at := 0; at < len(namesAndValues); at += 2 {
		name := namesAndValues[at].(string)
		switch value := namesAndValues[at+1].(type) {
		case low:
			made.AddPrimaryKeyColumnWithMinValue(name)
		case high:
			made.AddPrimaryKeyColumnWithMaxValue(name)
		case automatic:
			made.AddPrimaryKeyColumnWithAutoIncrement(name)
		case int:
			made.AddPrimaryKeyColumn(name, int64(value))
		default:
			made.AddPrimaryKeyColumn(name, value)
		}
	}
	return made
}

func typedKey(number int) *ts.PrimaryKey {
	return key("text", "k\u00e9y", "number", number, "bytes", []byte{0, 0xff})
}

func item(owner, number any) *ts.PrimaryKey { return key("owner", owner, "number", number) }

// values holds the newest value of each column.
func values(columns []*ts.AttributeColumn) map[string]any {
	made := map[string]any{}
	for _, column := range columns {
		if _, isKnown := made[column.ColumnName]; !isKnown {
			made[column.ColumnName] = column.Value
		}
	}
	return made
}

func numbers(from []*ts.Row) []int64 {
	var made []int64
	for _, row := range from {
		for _, column := range row.PrimaryKey.PrimaryKeys {
			if column.ColumnName == "number" {
				made = append(made, column.Value.(int64))
			}
		}
	}
	return made
}

func counted(first, last int64) []int64 {
	made := []int64{first}
	for at := first; at != last; {
		if at < last {
			at++
		} else {
			at--
		}
		made = append(made, at)
	}
	return made
}

func put(table string, at *ts.PrimaryKey, name string, value any, expectation ts.RowExistenceExpectation) *ts.PutRowChange {
	change := &ts.PutRowChange{TableName: table, PrimaryKey: at}
	change.AddColumn(name, value)
	change.SetCondition(expectation)
	return change
}

func change(table string, at *ts.PrimaryKey, expectation ts.RowExistenceExpectation) *ts.UpdateRowChange {
	made := &ts.UpdateRowChange{TableName: table, PrimaryKey: at}
	made.SetCondition(expectation)
	return made
}

func (t *tour) putRow(change *ts.PutRowChange) (*ts.PutRowResponse, error) {
	return t.client.PutRow(&ts.PutRowRequest{PutRowChange: change})
}

func (t *tour) updateRow(change *ts.UpdateRowChange) (*ts.UpdateRowResponse, error) {
	return t.client.UpdateRow(&ts.UpdateRowRequest{UpdateRowChange: change})
}

func (t *tour) get(table string, at *ts.PrimaryKey, versions int32) *ts.GetRowResponse {
	criteria := &ts.SingleRowQueryCriteria{TableName: table, PrimaryKey: at, MaxVersion: versions}
	return must(t.client.GetRow(&ts.GetRowRequest{SingleRowQueryCriteria: criteria}))
}

func (t *tour) all(direction ts.Direction) *ts.RangeRowQueryCriteria {
	criteria := &ts.RangeRowQueryCriteria{TableName: t.items, Direction: direction, MaxVersion: 1}
	criteria.StartPrimaryKey, criteria.EndPrimaryKey = item(low{}, low{}), item(high{}, high{})
	if direction == ts.BACKWARD {
		criteria.StartPrimaryKey, criteria.EndPrimaryKey = criteria.EndPrimaryKey, criteria.StartPrimaryKey
	}
	return criteria
}

// pages reads a range page after page until no key is left to go on with; it gives the rows and the size of each page.
func (t *tour) pages(criteria *ts.RangeRowQueryCriteria) ([]*ts.Row, []int) {
	var all []*ts.Row
	var sizes []int
	for criteria.StartPrimaryKey != nil {
		answer := must(t.client.GetRange(&ts.GetRangeRequest{RangeRowQueryCriteria: criteria}))
		all, sizes = append(all, answer.Rows...), append(sizes, len(answer.Rows))
		criteria.StartPrimaryKey = answer.NextStartPrimaryKey
	}
	return all, sizes
}
