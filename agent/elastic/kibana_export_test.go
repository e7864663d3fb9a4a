package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// savedObject is one line of an export.
type savedObject struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Version    string         `json:"typeMigrationVersion"`
	Attributes map[string]any `json:"attributes"`
	References []struct {
		Type, ID, Name string
	} `json:"references"`

	Missing *int `json:"missingRefCount"` // of the last line, which tells of the others
}

func (o *savedObject) name() string { return o.Type + " " + o.ID }

func readObjects(ndjson []byte) (all []savedObject, err error) {
	for line := range bytes.Lines(ndjson) {
		var o savedObject
		if err := json.Unmarshal(line, &o); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// exported exports what was imported, and says where it is another.
func (c *kibanaCheck) exported(ctx context.Context, imported []byte) (wrong []error) {
	want, err := readObjects(imported)
	if err != nil {
		return []error{err}
	}
	asked := object{"includeReferencesDeep": true, "excludeExportDetails": false, "objects": []object{}}
	for _, o := range want {
		asked["objects"] = append(asked["objects"].([]object), object{"type": o.Type, "id": o.ID})
	}
	said, err := c.kibana.raw(ctx, "/api/saved_objects/_export", asked)
	if err != nil {
		return []error{fmt.Errorf("export: %w", err)}
	}
	got, err := readObjects(said)
	if err != nil {
		return []error{fmt.Errorf("export: %w", err)}
	}
	there := map[string]savedObject{}
	for _, o := range got {
		switch {
		case o.Missing == nil:
			there[o.name()] = o
		case *o.Missing > 0:
			wrong = append(wrong, fmt.Errorf("export: %d references lead to nothing", *o.Missing))
		}
	}
	for _, o := range want {
		is, ok := there[o.name()]
		if !ok {
			wrong = append(wrong, fmt.Errorf("export: %s is not there", o.name()))
			continue
		}
		wrong = append(wrong, differences(&o, &is)...)
	}
	return wrong
}

// raw posts JSON and returns what comes.
func (k *Kibana) raw(ctx context.Context, path string, in any) ([]byte, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	k.sign(req)
	req.Header.Set("Content-Type", "application/json")
	res, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("kibana: POST %s: %s: %.300s", path, res.Status, said)
	}
	return said, err
}

// differences says where an object came back as another. One of the same form must be equal; what a later Kibana brought to
// a form of its own must have the same title, panels and references.
func differences(want, got *savedObject) (wrong []error) {
	say := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("export: %s: "+format, append([]any{want.name()}, args...)...))
	}
	if got.Version == want.Version {
		for _, d := range diff("attributes", decoded(want.Attributes), decoded(got.Attributes)) {
			say("%s", d)
		}
	} else {
		for _, key := range []string{"title", "name", "description"} {
			if want.Attributes[key] != nil && want.Attributes[key] != got.Attributes[key] {
				say("attributes.%s is %q, %q was imported", key, got.Attributes[key], want.Attributes[key])
			}
		}
		if w, g := panelIDs(want.Attributes), panelIDs(got.Attributes); !slices.Equal(w, g) {
			say("of form %s has the panels %q, those of %s were %q", got.Version, g, want.Version, w)
		}
	}
	for _, r := range want.References {
		if !slices.Contains(got.References, r) && got.Version == want.Version {
			say("the reference %s to %s %s is gone", r.Name, r.Type, r.ID)
		}
	}
	return wrong
}

// panelIDs are the panels of a dashboard in any form, sorted.
func panelIDs(attributes map[string]any) (all []string) {
	d := decoded(attributes).(map[string]any)
	panels, ok := d["panelsJSON"].([]any)
	if !ok {
		panels, _ = d["panels"].([]any)
	}
	for _, p := range panels {
		if panel, ok := p.(map[string]any); ok {
			all = append(all, fmt.Sprint(panel["panelIndex"]))
		}
	}
	slices.Sort(all)
	return all
}

// decoded reads the JSON that stands in strings.
func decoded(v any) any {
	switch v := v.(type) {
	case map[string]any:
		all := map[string]any{}
		for k, x := range v {
			all[k] = decoded(x)
		}
		return all
	case string:
		var x any
		if strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") {
			if json.Unmarshal([]byte(v), &x) == nil {
				return decoded(x)
			}
		}
	}
	return v
}

// diff names the places at which two values differ, at most five of them.
func diff(at string, want, got any) (all []string) {
	if reflect.DeepEqual(want, got) {
		return nil
	}
	w, isMap := want.(map[string]any)
	g, both := got.(map[string]any)
	wl, isList := want.([]any)
	gl, bothLists := got.([]any)
	switch {
	case isMap && both:
		for k := range w {
			all = append(all, diff(at+"."+k, w[k], g[k])...)
		}
		for k := range g {
			if _, known := w[k]; !known {
				all = append(all, at+"."+k+" was not imported")
			}
		}
	case isList && bothLists && len(wl) == len(gl):
		for i := range wl {
			all = append(all, diff(fmt.Sprintf("%s[%d]", at, i), wl[i], gl[i])...)
		}
	default:
		all = []string{fmt.Sprintf("%s is %.80v, %.80v was imported", at, got, want)}
	}
	slices.Sort(all)
	return all[:min(len(all), 5)]
}
