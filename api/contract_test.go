package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"plenum/polls"
	"plenum/polls/assembly"
	"plenum/recorder"
	"plenum/webinar"
	"plenum/webinar/talk"
)

type dict = map[string]any

// contract is openapi.yaml as a tree.
type contract struct{ root dict }

func readContract(t testing.TB) *contract {
	t.Helper()
	c := &contract{}
	must(t, yaml.Unmarshal(document, &c.root))
	return c
}

// resolve follows a $ref, if v is one.
func (c *contract) resolve(v any) dict {
	m, _ := v.(dict)
	ref, ok := m["$ref"].(string)
	if !ok {
		return m
	}
	var at any = c.root
	for _, key := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		next, _ := at.(dict)
		at = next[key]
	}
	if at == nil {
		panic("openapi.yaml: nothing at " + ref)
	}
	return c.resolve(at)
}

// operation is one operation of the document.
type operation struct {
	id, method, path string
	public           bool
	tree             dict
}

func (c *contract) operations() []operation {
	var out []operation
	for path, item := range c.root["paths"].(dict) {
		for method, op := range item.(dict) {
			if method == "parameters" {
				continue
			}
			tree := op.(dict)
			security, set := tree["security"].([]any)
			out = append(out, operation{
				id: fmt.Sprint(tree["operationId"]), method: strings.ToUpper(method), path: path, tree: tree, public: set && len(security) == 0,
			})
		}
	}
	return out
}

func TestEveryOperationIsARouteAndBack(t *testing.T) {
	doc := readContract(t)
	documented := map[string]operation{}
	for _, op := range doc.operations() {
		if _, twice := documented[op.id]; twice {
			t.Errorf("operationId %s stands twice", op.id)
		}
		documented[op.id] = op
		item := doc.root["paths"].(dict)[op.path].(dict)
		var named []string
		list, _ := item["parameters"].([]any)
		for _, p := range list {
			if p := doc.resolve(p); p["in"] == "path" {
				named = append(named, "{"+p["name"].(string)+"}")
			}
		}
		var inPath []string
		for part := range strings.SplitSeq(op.path, "/") {
			if strings.HasPrefix(part, "{") {
				inPath = append(inPath, part)
			}
		}
		if !slices.Equal(named, inPath) {
			t.Errorf("%s: path has %v, parameters are %v", op.path, inPath, named)
		}
	}
	for _, r := range routes() {
		op, ok := documented[r.op]
		if !ok {
			t.Errorf("route %s is not documented", r.op)
			continue
		}
		delete(documented, r.op)
		if op.method != r.method || op.path != r.path {
			t.Errorf("%s: document says %s %s, route %s %s", r.op, op.method, op.path, r.method, r.path)
		}
		if op.public != (r.who == public()) {
			t.Errorf("%s: document says public=%v", r.op, op.public)
		}
	}
	for id := range documented {
		t.Errorf("operation %s has no route", id)
	}
}

// samples is one body of every event that EncodeEvent knows.
func samples() []any {
	return []any{
		webinar.Changed{}, webinar.Presence{}, webinar.StageChanged{People: []webinar.OnStage{{Sources: []webinar.StageSource{{}}}}},
		webinar.SeatChanged{Ticket: webinar.Ticket{Role: webinar.Guest}}, webinar.StageStep{Ticket: webinar.Ticket{Role: webinar.Attendee}, Step: webinar.StepDeclined},
		webinar.Speaking{People: []webinar.TicketID{"a"}}, webinar.Health{},
		webinar.SlotsChanged{Slots: []webinar.Slot{{Video: true}, {}}}, webinar.LayersChanged{}, polls.Changed{}, polls.Deleted{}, polls.Tallied{}, polls.Ordered{IDs: []polls.PollID{}}, polls.ClockMoved{},
		talk.Changed{}, talk.Gone{}, talk.Counted{Votes: map[talk.QuestionID]int{"a": 1}}, talk.RulesChanged{}, assembly.AttendanceChanged{}, assembly.RollChanged{}, polls.PaperCounted{},
		recorder.Changed{}, recorder.CountsChanged{}, recorder.StandingChanged{},
	}
}

func TestEventsAreThoseOfTheContract(t *testing.T) {
	doc := readContract(t)
	want := slices.Sorted(maps.Keys(doc.root["x-events"].(dict)))
	got := []string{"snapshot", "alive"}
	for _, body := range samples() {
		name, data, err := EncodeEvent(webinar.Event{Body: body})
		must(t, err)
		got = append(got, name)
		var v any
		must(t, json.Unmarshal(data, &v))
		ref := doc.root["x-events"].(dict)[name]
		if ref == nil {
			t.Errorf("event %s is not in x-events", name)
			continue
		}
		// The samples are zero values, so enumerations and formats are none of this test's business.
		for _, fault := range doc.check(dict{"$ref": ref}, v, name, false) {
			t.Error(fault)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("the program sends %v, x-events lists %v", got, want)
	}
	if _, _, err := EncodeEvent(webinar.Event{Body: struct{}{}}); err == nil {
		t.Error("an unknown event was encoded")
	}
}

// checkReply holds an answer against what the contract says about the operation.
func (c *contract) checkReply(t testing.TB, op string, r reply) {
	t.Helper()
	var tree dict
	for _, o := range c.operations() {
		if o.id == op {
			tree = o.tree
		}
	}
	responses := tree["responses"].(dict)
	spec, ok := responses[strconv.Itoa(r.status)]
	if !ok {
		if spec, ok = responses["default"]; !ok || r.status < http.StatusBadRequest {
			t.Errorf("%s: status %d is not in the contract", op, r.status)
			return
		}
	}
	content, _ := c.resolve(spec)["content"].(dict)
	mediaType, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	entry, ok := content[mediaType].(dict)
	if content == nil && len(r.body) > 0 || content != nil && !ok {
		t.Errorf("%s: %d with %q is not in the contract: %s", op, r.status, mediaType, r.body)
		return
	}
	if !strings.HasSuffix(mediaType, "json") || mediaType == "application/x-ndjson" {
		return
	}
	var v any
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Errorf("%s: %v", op, err)
		return
	}
	for _, fault := range c.check(entry["schema"], v, op, true) {
		t.Error(fault)
	}
}

// check holds a value against a schema: types, required and unknown keys, and, if strict, enumerations.
func (c *contract) check(schema, v any, at string, strict bool) []string {
	s := c.resolve(schema)
	if enum, ok := s["enum"].([]any); ok && strict && !slices.ContainsFunc(enum, func(e any) bool { return reflect.DeepEqual(e, v) }) {
		return []string{fmt.Sprintf("%s: %v is not one of %v", at, v, enum)}
	}
	want, _ := s["type"].(string)
	if got := jsonType(v); want != "" && got != want && (want != "number" || got != "integer") {
		return []string{fmt.Sprintf("%s: %s instead of %s", at, got, want)}
	}
	var faults []string
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			faults = append(faults, c.check(s["items"], item, at+"["+strconv.Itoa(i)+"]", strict)...)
		}
	case dict:
		required, _ := s["required"].([]any)
		for _, key := range required {
			if _, ok := v[key.(string)]; !ok {
				faults = append(faults, fmt.Sprintf("%s: %s is missing", at, key))
			}
		}
		properties, _ := s["properties"].(dict)
		for key, item := range v {
			if p, ok := properties[key]; ok {
				faults = append(faults, c.check(p, item, at+"."+key, strict)...)
			} else if further, ok := s["additionalProperties"].(dict); ok {
				faults = append(faults, c.check(further, item, at+"."+key, strict)...)
			} else if s["additionalProperties"] != true {
				faults = append(faults, fmt.Sprintf("%s: %s is not in the contract", at, key))
			}
		}
	}
	return faults
}

func jsonType(v any) string {
	switch v := v.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	case dict:
		return "object"
	}
	return "null"
}
