package event

import (
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"
)

// Each field of Document stands once in Fields, so that no store forgets one.
func TestFieldsCoverDocument(t *testing.T) {
	var d Document
	v := reflect.ValueOf(&d).Elem()
	if v.NumField() != len(Fields) {
		t.Fatalf("Document has %d fields, Fields lists %d", v.NumField(), len(Fields))
	}
	seen := map[string]string{}
	for i, f := range Fields {
		if f.Get(&d) == nil || reflect.TypeOf(f.Get(&d)) != v.Field(i).Type() {
			t.Errorf("field %s stands at another place or type than Document.%s", f.Name, v.Type().Field(i).Name)
			continue
		}
		if f.At(&d) != v.Field(i).Addr().Interface() {
			t.Errorf("field %s points elsewhere than Document.%s", f.Name, v.Type().Field(i).Name)
		}
		f.Set(&d, sample(v.Field(i).Type()))
		if v.Field(i).IsZero() {
			t.Errorf("field %s does not set Document.%s", f.Name, v.Type().Field(i).Name)
		}
		for _, n := range []string{f.Name, f.Column} {
			if other, twice := seen[n]; twice && other != f.Name {
				t.Errorf("%s names both %s and %s", n, other, f.Name)
			}
			seen[n] = f.Name
		}
	}
}

func TestTimes(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "under-10ms", 0: "under-10ms", 10 * time.Millisecond: "under-100ms", 999 * time.Millisecond: "under-1s", time.Second: "under-10s",
		59 * time.Second: "under-1m", time.Hour - 1: "under-1h", 24 * time.Hour: "1d-or-more",
	} {
		if got := TimeOf(d); got != want {
			t.Errorf("%v is %s, not %s", d, got, want)
		}
		if !slices.Contains(Times(), want) {
			t.Errorf("%s is not among the spans", want)
		}
	}
}

func TestNamesAreECSOrOurs(t *testing.T) {
	ecs := regexp.MustCompile(`^(@timestamp|postvagt\.[a-z_]+|event\.id|host\.name|email\.(message_id|direction|from\.address|to\.address)|client\.address|user\.email|tls\.(version|cipher))$`)
	column := regexp.MustCompile(`^[a-z][a-z_]*$`)
	for _, f := range Fields {
		if !ecs.MatchString(f.Name) {
			t.Errorf("%s is neither a known ECS name nor under postvagt", f.Name)
		}
		if !column.MatchString(f.Column) {
			t.Errorf("%s is no column name", f.Column)
		}
	}
}

func TestFieldByName(t *testing.T) {
	for _, f := range Fields {
		byName, ok1 := FieldByName(f.Name)
		byColumn, ok2 := FieldByName(f.Column)
		if !ok1 || !ok2 || byName.Name != f.Name || byColumn.Name != f.Name {
			t.Errorf("%s is not found by its name and column", f.Name)
		}
	}
	if _, ok := FieldByName("no.such"); ok {
		t.Error("a field that is not there was found")
	}
}

func sample(t reflect.Type) any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return time.Unix(1, 0)
	case reflect.TypeFor[[]string]():
		return []string{"x"}
	}
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	default:
		v.SetInt(1)
	}
	return v.Interface()
}
