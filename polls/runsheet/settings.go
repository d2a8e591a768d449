package runsheet

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"plenum/polls"
)

// setting is one thing that is said about a poll besides its question and its answers.
type setting struct {
	name  string
	write func(polls.Draft) string // empty: it is as usual
	read  func(*polls.Draft, string) bool
}

// settings lists all of them in the order in which they are written: the kind, what is promised, then the rules of the kinds as
// [polls.Rules] has them, so that a new kind needs no line here, then the plan.
func settings() []setting {
	list := []setting{{
		"kind",
		func(d polls.Draft) string { return string(d.Kind) },
		func(d *polls.Draft, v string) bool { d.Kind = polls.Kind(strings.ToLower(v)); return v != "" },
	}}
	list = append(list, setting{
		"secrecy",
		func(d polls.Draft) string { return string(d.Secrecy) },
		func(d *polls.Draft, v string) bool { d.Secrecy = polls.Secrecy(strings.ToLower(v)); return v != "" },
	}, setting{
		"changeable",
		func(d polls.Draft) string { return writeValue(reflect.ValueOf(d.Changeable)) },
		func(d *polls.Draft, v string) bool { return readValue(reflect.ValueOf(&d.Changeable).Elem(), v) },
	})
	list = append(list, motionSettings()...)
	rules := reflect.TypeFor[polls.Rules]()
	for i := range rules.NumField() {
		if rules.Field(i).Name == "Correct" {
			list = append(list, correct())
			continue
		}
		list = append(list, setting{
			words(rules.Field(i).Name),
			func(d polls.Draft) string { return writeValue(reflect.ValueOf(d.Rules).Field(i)) },
			func(d *polls.Draft, v string) bool { return readValue(reflect.ValueOf(&d.Rules).Elem().Field(i), v) },
		})
	}
	return append(list, planSettings()...)
}

// correct counts the answers of a quiz from 1, as people do.
func correct() setting {
	shift := func(places []int, by int) []int {
		out := make([]int, len(places))
		for i, p := range places {
			out[i] = p + by
		}
		return out
	}
	return setting{
		"correct",
		func(d polls.Draft) string { return writeValue(reflect.ValueOf(shift(d.Rules.Correct, 1))) },
		func(d *polls.Draft, v string) bool {
			var places []int
			ok := readValue(reflect.ValueOf(&places).Elem(), v)
			d.Rules.Correct = shift(places, -1)
			return ok
		},
	}
}

// motionSettings are those of a vote of the members.
func motionSettings() []setting {
	return []setting{{
		"majority",
		func(d polls.Draft) string { return string(d.Motion.Majority) },
		func(d *polls.Draft, v string) bool {
			d.Motion.Majority = polls.Majority(strings.ToLower(v))
			return v != ""
		},
	}, {
		"count heads",
		func(d polls.Draft) string { return writeValue(reflect.ValueOf(d.Motion.Heads)) },
		func(d *polls.Draft, v string) bool { return readValue(reflect.ValueOf(&d.Motion.Heads).Elem(), v) },
	}, {
		"abstain",
		func(d polls.Draft) string { return writeValue(reflect.ValueOf(d.Motion.Abstain)) },
		func(d *polls.Draft, v string) bool { return readValue(reflect.ValueOf(&d.Motion.Abstain).Elem(), v) },
	}}
}

func planSettings() []setting {
	return []setting{{
		"open for",
		func(d polls.Draft) string { return writeValue(reflect.ValueOf(d.OpenFor)) },
		func(d *polls.Draft, v string) bool { return readValue(reflect.ValueOf(&d.OpenFor).Elem(), v) },
	}, {
		"survey until",
		func(d polls.Draft) string {
			if d.SurveyUntil.IsZero() {
				return ""
			}
			return d.SurveyUntil.UTC().Format(time.RFC3339Nano)
		},
		func(d *polls.Draft, v string) (ok bool) {
			var err error
			d.SurveyUntil, err = time.Parse(time.RFC3339Nano, strings.ToUpper(v))
			return err == nil
		},
	}, {
		"results",
		func(d polls.Draft) string { return string(d.Results) },
		func(d *polls.Draft, v string) bool { d.Results = polls.Results(strings.ToLower(v)); return v != "" },
	}, {
		"series",
		func(d polls.Draft) string { return d.Series },
		func(d *polls.Draft, v string) bool { d.Series = v; return true },
	}}
}

func find(name string) (setting, bool) {
	for _, s := range settings() {
		if s.name == name {
			return s, true
		}
	}
	return setting{}, false
}

// words splits the name of a field: LowLabel is low label.
func words(field string) string {
	var b strings.Builder
	for i, r := range field {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// writeValue writes a value of a rule; the zero value is not written, a pointer is what it points to.
func writeValue(v reflect.Value) string {
	if v.IsZero() {
		return ""
	}
	if d, ok := v.Interface().(time.Duration); ok {
		return span(d)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return cmp.Or(writeValue(v.Elem()), fmt.Sprint(v.Elem().Interface()))
	case reflect.Bool:
		return "yes"
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	case reflect.Slice:
		parts := make([]string, v.Len()) // none: nothing is written
		for i := range parts {
			parts[i] = cmp.Or(writeValue(v.Index(i)), fmt.Sprint(v.Index(i).Interface()))
		}
		return strings.Join(parts, ", ")
	default:
		return fmt.Sprint(v.Interface())
	}
}

// readValue reads what writeValue wrote. A value that is empty is the zero value.
func readValue(into reflect.Value, s string) bool {
	if s == "" {
		return true
	}
	if into.Type() == reflect.TypeFor[time.Duration]() {
		return readSpan(into, s)
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		return readValue(into.Elem(), s)
	case reflect.Bool:
		yes := strings.EqualFold(s, "yes") || strings.EqualFold(s, "true")
		into.SetBool(yes)
		return yes || strings.EqualFold(s, "no") || strings.EqualFold(s, "false")
	case reflect.Int:
		n, err := strconv.Atoi(s)
		into.SetInt(int64(n))
		return err == nil
	case reflect.Float64:
		f, err := strconv.ParseFloat(s, 64)
		into.SetFloat(f)
		return err == nil
	case reflect.String:
		into.SetString(s)
		return true
	case reflect.Slice:
		parts := strings.Split(s, ",")
		into.Set(reflect.MakeSlice(into.Type(), len(parts), len(parts)))
		for i, p := range parts {
			if !readValue(into.Index(i), strings.TrimSpace(p)) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// readSpan reads "90 s", and a bare number as seconds.
func readSpan(into reflect.Value, s string) bool {
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .")
	unit := cmp.Or(strings.ToLower(strings.Trim(s[len(number):], " .")), "s")
	n, err := strconv.Atoi(number)
	each, ok := units()[unit]
	if err != nil || !ok || n < 0 || n > int(1000*time.Hour/each) {
		return false
	}
	into.SetInt(int64(n) * int64(each))
	return true
}
