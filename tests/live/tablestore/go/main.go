// A tour of the vendor's SDK over one instance: one line a step, exit code 0 when every step got what it expected.
//
// Usage: tour endpoint instance [region=R], with the key in OTS_AK_ENV and OTS_SK_ENV and maybe a token in
// OTS_STS_ENV. A region means version 4 of the signature. Indexes are expected to follow their table at once, as those
// of the sandbox do.
package main

import (
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/aliyun-tablestore-go-sdk/common"
	ts "github.com/aliyun/aliyun-tablestore-go-sdk/tablestore"
)

// found is what a step expected and what it got.
type found struct{ wanted, got []any }

// tour holds the client and the names of the tables.
type tour struct {
	client                                 *ts.TableStoreClient
	typed, counted, items, colours, search string
	now                                    int64
}

func main() {
	place := os.Args[1:]
	secret := os.Getenv("OTS_SK_ENV")
	prefix := "tour_" + strconv.FormatInt(time.Now().UnixNano(), 36)
	t := &tour{client: connect(place, secret, os.Getenv("OTS_STS_ENV")), now: time.Now().UnixNano() / 1e6}
	t.typed, t.counted, t.items = prefix+"_typed", prefix+"_counted", prefix+"_items"
	t.colours, t.search = t.items+"_by_colour", t.items+"_search"
	if failed := t.walk(connect(place, "wrong", "")); failed > 0 {
		os.Exit(1)
	}
}

func connect(place []string, secret, token string) *ts.TableStoreClient {
	id := os.Getenv("OTS_AK_ENV")
	if len(place) < 3 {
		return ts.NewClientWithConfig(place[0], place[1], id, secret, token, nil)
	}
	key := &common.DefaultCredentials{AccessKeyID: id, AccessKeySecret: secret, SecurityToken: token}
	signed := common.CreateByCredentials(key, strings.TrimPrefix(place[2], "region="))
	return ts.NewClientWithCredentialsProvider(place[0], place[1], signed, nil)
}

func (t *tour) walk(stranger *ts.TableStoreClient) int {
	steps := []struct {
		name string
		body func() found
	}{
		{"create tables", t.createTables},
		{"create a table twice", t.createTwice},
		{"wrong secret", func() found {
			_, err := stranger.ListTable()
			return found{[]any{"OTSAuthFailed"}, []any{refusal(err)}}
		}},
		{"describe tables", t.describe},
		{"update a table's options", t.updateOptions},
		{"put and get every type", t.everyType},
		{"auto-increment", t.autoIncrement},
		{"conditions", t.conditions},
		{"update, increment, delete columns", t.update},
		{"versions", t.versions},
		{"delete a row", t.deleteRow},
		{"batch write", t.batchWrite},
		{"batch write, all or nothing", t.atomicBatch},
		{"batch get", t.batchGet},
		{"many requests at once", t.manyAtOnce},
		{"range forward in pages", func() found { return t.inPages(ts.FORWARD) }},
		{"range backward in pages", func() found { return t.inPages(ts.BACKWARD) }},
		{"range with a filter", t.filtered},
		{"range with columns", t.columns},
		{"range of a secondary index", t.secondaryIndex},
		{"search index", t.searchIndex},
		{"search in pages", t.searchInPages},
		{"SQL mapping", t.sqlMapping},
		{"SQL query", t.sqlQuery},
		{"SQL without rows", t.sqlEmpty},
		{"SQL error", t.sqlError},
		{"split points", t.splits},
		{"transaction aborted and committed", t.transactions},
		{"list and delete tables", t.deleteTables},
	}
	failed := 0
	for _, step := range steps {
		if said := tried(step.body); said == "" {
			fmt.Println("ok      " + step.name)
		} else {
			fmt.Println("FAILED  " + step.name + ": " + said)
			failed++
		}
	}
	return failed
}

// tried runs a step and says what is wrong, or nothing. The SDK panics on answers that lack what it wants.
func tried(body func() found) (said string) {
	defer func() {
		if wrong := recover(); wrong != nil {
			said = strings.ReplaceAll(fmt.Sprint(wrong), "\n", " ")
		}
	}()
	f := body()
	if !reflect.DeepEqual(f.wanted, f.got) {
		return fmt.Sprintf("expected %#v but got %#v", f.wanted, f.got)
	}
	return ""
}
