package main

import (
	"math"

	ts "github.com/aliyun/aliyun-tablestore-go-sdk/tablestore"
)

const (
	atOnce          = 300
	conditionFailed = "OTSConditionCheckFail"
)

func (t *tour) everyType() found {
	wanted := map[string]any{
		"s": "text \u4e16\x00end", "empty": "", "i": int64(math.MinInt64), "d": -0.1, "b": true, "x": []byte{0, 0xff, 0x7f},
	}
	change := &ts.PutRowChange{TableName: t.typed, PrimaryKey: typedKey(1)}
	for name, value := range wanted {
		change.AddColumn(name, value)
	}
	change.SetCondition(thereIsNone)
	must(t.putRow(change))
	row := t.get(t.typed, typedKey(1), 1)
	return found{
		[]any{*typedKey(1), wanted, 0},
		[]any{row.PrimaryKey, values(row.Columns), len(t.get(t.typed, typedKey(-1), 1).PrimaryKey.PrimaryKeys)},
	}
}

func (t *tour) autoIncrement() found {
	var made []int64
	for at := int64(0); at < 2; at++ {
		change := put(t.counted, item("me", automatic{}), "at", at, anyRow)
		change.SetReturnPk()
		made = append(made, must(t.putRow(change)).PrimaryKey.PrimaryKeys[1].Value.(int64))
	}
	got := values(t.get(t.counted, item("me", made[1]), 1).Columns)
	return found{[]any{true, map[string]any{"at": int64(1)}}, []any{made[0] < made[1], got}}
}

func (t *tour) conditions() found {
	_, again := t.putRow(put(t.typed, typedKey(1), "i", int64(5), thereIsNone))
	missing := change(t.typed, typedKey(9), thereIs)
	missing.PutColumn("i", int64(5))
	_, absent := t.updateRow(missing)
	guarded := change(t.typed, typedKey(1), thereIs)
	guarded.PutColumn("i", int64(5))
	guarded.SetColumnCondition(ts.NewSingleColumnCondition("b", ts.CT_EQUAL, false))
	_, unequal := t.updateRow(guarded)
	before := values(t.get(t.typed, typedKey(1), 1).Columns)["i"]
	guarded.SetColumnCondition(ts.NewSingleColumnCondition("d", ts.CT_LESS_THAN, 0.0))
	must(t.updateRow(guarded))
	after := values(t.get(t.typed, typedKey(1), 1).Columns)["i"]
	return found{
		[]any{conditionFailed, conditionFailed, conditionFailed, int64(math.MinInt64), int64(5)},
		[]any{refusal(again), refusal(absent), refusal(unequal), before, after},
	}
}

func (t *tour) update() found {
	made := change(t.typed, typedKey(1), anyRow)
	made.PutColumn("s", "new")
	made.IncrementColumn("i", -7)
	made.DeleteColumn("x")
	made.DeleteColumn("empty")
	made.SetReturnIncrementValue()
	made.AppendIncrementColumnToReturn("i")
	returned := values(must(t.updateRow(made)).Columns)
	return found{
		[]any{map[string]any{"i": int64(-2)}, map[string]any{"s": "new", "i": int64(-2), "d": -0.1, "b": true}},
		[]any{returned, values(t.get(t.typed, typedKey(1), 1).Columns)},
	}
}

// moments are the stamps of the kept versions, newest first, counted from the start of the tour.
func (t *tour) moments(criteria *ts.SingleRowQueryCriteria) []int64 {
	criteria.TableName, criteria.PrimaryKey = t.typed, typedKey(2)
	var made []int64
	for _, column := range must(t.client.GetRow(&ts.GetRowRequest{SingleRowQueryCriteria: criteria})).Columns {
		made = append(made, column.Timestamp-t.now)
	}
	return made
}

func (t *tour) versions() found {
	made := &ts.PutRowChange{TableName: t.typed, PrimaryKey: typedKey(2)}
	for at := int64(0); at < 6; at++ {
		made.AddColumnWithTimestamp("v", at, t.now+at)
	}
	made.SetCondition(anyRow)
	must(t.putRow(made))
	got := []any{t.moments(&ts.SingleRowQueryCriteria{MaxVersion: 100}), t.moments(&ts.SingleRowQueryCriteria{MaxVersion: 2})}
	one := change(t.typed, typedKey(2), anyRow)
	one.DeleteColumnWithTimestamp("v", t.now+4)
	must(t.updateRow(one))
	between := &ts.SingleRowQueryCriteria{MaxVersion: 100, TimeRange: &ts.TimeRange{Start: t.now + 2, End: t.now + 4}}
	got = append(got, t.moments(&ts.SingleRowQueryCriteria{MaxVersion: 100}), t.moments(between))
	return found{[]any{[]int64{5, 4, 3, 2}, []int64{5, 4}, []int64{5, 3, 2}, []int64{3, 2}}, got}
}

func (t *tour) deleteRow() found {
	change := &ts.DeleteRowChange{TableName: t.typed, PrimaryKey: typedKey(2)}
	change.SetCondition(thereIs)
	must(t.client.DeleteRow(&ts.DeleteRowRequest{DeleteRowChange: change}))
	_, again := t.client.DeleteRow(&ts.DeleteRowRequest{DeleteRowChange: change})
	left := len(t.get(t.typed, typedKey(2), 1).Columns)
	return found{[]any{conditionFailed, 0}, []any{refusal(again), left}}
}

func (t *tour) itemChange(at int64) *ts.PutRowChange {
	colour := "blue"
	if at%5 == 0 {
		colour = "red"
	}
	made := put(t.items, item("ann", at), "price", float64(at)/2, anyRow)
	made.AddColumn("colour", colour)
	if at%3 == 0 {
		made.AddColumn("stock", at)
	}
	return made
}

func (t *tour) batchWrite() found {
	request := new(ts.BatchWriteRowRequest)
	for at := int64(0); at < rows; at++ {
		made := t.itemChange(at)
		made.SetReturnPk()
		request.AddRowChange(made)
	}
	request.AddRowChange(put(t.typed, typedKey(1), "i", int64(0), thereIsNone))
	update := change(t.typed, typedKey(3), anyRow)
	update.PutColumn("i", int64(3))
	request.AddRowChange(update)
	gone := &ts.DeleteRowChange{TableName: t.typed, PrimaryKey: typedKey(4)}
	gone.SetCondition(anyRow)
	request.AddRowChange(gone)
	answer := must(t.client.BatchWriteRow(request)).TableToRowsResult
	succeeded := 0
	for _, result := range append(answer[t.items], answer[t.typed]...) {
		if result.IsSucceed {
			succeeded++
		}
	}
	last := answer[t.items][rows-1].PrimaryKey
	return found{
		[]any{rows + 2, *item("ann", rows-1), conditionFailed, map[string]any{"i": int64(3)}},
		[]any{succeeded, last, answer[t.typed][0].Error.Code, values(t.get(t.typed, typedKey(3), 1).Columns)},
	}
}

func (t *tour) atomicBatch() found {
	request := &ts.BatchWriteRowRequest{IsAtomic: true}
	request.AddRowChange(put(t.items, item("bob", 1), "price", 1.0, anyRow))
	request.AddRowChange(put(t.items, item("bob", 2), "price", 2.0, thereIs))
	failures := 0
	for _, result := range must(t.client.BatchWriteRow(request)).TableToRowsResult[t.items] {
		if !result.IsSucceed {
			failures++
		}
	}
	return found{[]any{2, 0}, []any{failures, len(t.get(t.items, item("bob", 1), 1).Columns)}}
}

func (t *tour) batchGet() found {
	some := &ts.MultiRowQueryCriteria{TableName: t.items, MaxVersion: 1, ColumnsToGet: []string{"price", "stock"}}
	for _, number := range []int{6, 1000, 7} {
		some.AddRow(item("ann", number))
	}
	other := &ts.MultiRowQueryCriteria{TableName: t.typed, MaxVersion: 1}
	other.AddRow(typedKey(3))
	absent := &ts.MultiRowQueryCriteria{TableName: t.items + "_absent", MaxVersion: 1}
	absent.AddRow(typedKey(3))
	request := &ts.BatchGetRowRequest{MultiRowQueryCriteria: []*ts.MultiRowQueryCriteria{some, other, absent}}
	answer := must(t.client.BatchGetRow(request)).TableToRowsResult
	var got []any
	for _, result := range append(answer[t.items], answer[t.typed]...) {
		got = append(got, values(result.Columns))
	}
	return found{
		[]any{
			map[string]any{"price": 3.0, "stock": int64(6)}, map[string]any{}, map[string]any{"price": 3.5},
			map[string]any{"i": int64(3)}, "OTSObjectNotExist",
		},
		append(got, answer[absent.TableName][0].Error.Code),
	}
}

// manyAtOnce makes the SDK open a connection for each request that finds no free one.
func (t *tour) manyAtOnce() found {
	prices := make(chan any, atOnce)
	for at := 0; at < atOnce; at++ {
		criteria := &ts.SingleRowQueryCriteria{TableName: t.items, PrimaryKey: item("ann", at%rows), MaxVersion: 1}
		go func() {
			answer, err := t.client.GetRow(&ts.GetRowRequest{SingleRowQueryCriteria: criteria})
			if err != nil {
				prices <- err
			} else {
				prices <- values(answer.Columns)["price"]
			}
		}()
	}
	sum := 0.0
	for at := 0; at < atOnce; at++ {
		switch price := (<-prices).(type) {
		case float64:
			sum += price
		default:
			return found{[]any{"a price"}, []any{price}}
		}
	}
	return found{[]any{float64(atOnce / rows * 150)}, []any{sum}}
}

func (t *tour) putIn(transaction *string, price float64) {
	change := put(t.items, item("cid", 1), "price", price, anyRow)
	change.TransactionId = transaction
	must(t.putRow(change))
}

func (t *tour) transactions() found {
	price := func() any { return values(t.get(t.items, item("cid", 1), 1).Columns)["price"] }
	start := &ts.StartLocalTransactionRequest{TableName: t.items, PrimaryKey: key("owner", "cid")}
	aborted := must(t.client.StartLocalTransaction(start)).TransactionId
	t.putIn(aborted, 1)
	got := []any{price()}
	must(t.client.AbortTransaction(&ts.AbortTransactionRequest{TransactionId: aborted}))
	got = append(got, price())
	committed := must(t.client.StartLocalTransaction(start)).TransactionId
	t.putIn(committed, 2)
	inside := &ts.SingleRowQueryCriteria{TableName: t.items, PrimaryKey: item("cid", 1), MaxVersion: 1, TransactionId: committed}
	got = append(got, values(must(t.client.GetRow(&ts.GetRowRequest{SingleRowQueryCriteria: inside})).Columns)["price"])
	must(t.client.CommitTransaction(&ts.CommitTransactionRequest{TransactionId: committed}))
	_, again := t.client.CommitTransaction(&ts.CommitTransactionRequest{TransactionId: committed})
	got = append(got, price(), refusal(again))
	return found{[]any{nil, nil, 2.0, 2.0, "OTSSessionNotExist"}, got}
}
