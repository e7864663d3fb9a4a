package elastic

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

// templateVersion is raised with each change of the templates; a change that the indices of older ones cannot take over
// also raises event.SchemaVersion.
const templateVersion = event.SchemaVersion*1000 + 2

// Names of the templates. Settings of an admin's own go into postvagt-custom, which we never touch.
const (
	templateName = "postvagt-transmissions"
	mappingsName = "postvagt-mappings"
	settingsName = "postvagt-settings"
	customName   = "postvagt-custom"

	notesName         = "postvagt-notes"
	notesMappingsName = "postvagt-notes-mappings"
)

// NewerError says that a newer agent has been here.
type NewerError struct{ Schema int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("elasticsearch: the templates are of schema %d, this agent knows %d: bring this agent up to date", e.Schema, event.SchemaVersion)
}

type object = map[string]any

// Template is a template as it is put to Elasticsearch.
type Template struct {
	Path string // below the cluster's address
	Body object
}

// Templates are the component templates and the index template, in the order in which they must be put.
func Templates() []Template {
	meta := object{"managed_by": "postvagt-agent", "schema": event.SchemaVersion, "version": templateVersion}
	of := func(mappings string) object {
		return object{"version": templateVersion, "_meta": meta, "priority": 500, "allow_auto_create": false,
			"composed_of": []string{mappings, settingsName, customName}, "ignore_missing_component_templates": []string{customName}}
	}
	transmissions, notes := of(mappingsName), of(notesMappingsName)
	transmissions["index_patterns"] = []string{allIndices, copyPrefix + "*"}
	notes["priority"] = 501 // before the copies of months
	notes["index_patterns"] = []string{dashboards.NotesIndex, notesCopyPrefix + "*"}
	return []Template{
		{"/_component_template/" + mappingsName, object{"version": templateVersion, "_meta": meta, "template": object{"mappings": mappings()}}},
		{"/_component_template/" + settingsName, object{"version": templateVersion, "_meta": meta, "template": object{"settings": object{
			"index.number_of_shards": 1, "index.auto_expand_replicas": "0-1", "index.refresh_interval": "5s",
		}}}},
		{"/_component_template/" + notesMappingsName, object{"version": templateVersion, "_meta": meta, "template": object{"mappings": noteMappings()}}},
		{"/_index_template/" + notesName, notes},
		{"/_index_template/" + templateName, transmissions}, // the last one: its version says that all are there
	}
}

// mappings are strict: a field that is not listed is refused.
func mappings() object {
	properties := object{}
	for _, f := range event.Fields {
		if !stays(f.Column) {
			put(properties, f.Name, mapping(f))
		}
	}
	put(properties, fieldHash, object{"type": "keyword", "index": false, "doc_values": false})
	put(properties, fieldAgent, object{"type": "keyword"})
	put(properties, fieldGeneration, object{"type": "long"})
	put(properties, fieldArchive, object{"type": "boolean"})
	put(properties, fieldECS, object{"type": "keyword"})
	return object{"dynamic": "strict", "_meta": object{"schema": event.SchemaVersion, "version": templateVersion}, "properties": properties}
}

func mapping(f event.Field) object {
	switch {
	case f.Column == "evidence": // shown, never searched
		return object{"type": "keyword", "index": false, "doc_values": false}
	case f.Type == event.Keyword:
		return object{"type": "keyword", "ignore_above": 1024}
	}
	return object{"type": string(f.Type)}
}

// put sets a dotted name in nested properties.
func put(properties object, name string, to object) {
	head, rest, nested := strings.Cut(name, ".")
	if !nested {
		properties[name] = to
		return
	}
	parent, ok := properties[head].(object)
	if !ok {
		parent = object{"properties": object{}}
		properties[head] = parent
	}
	put(parent["properties"].(object), rest, to)
}

// installed is the version and schema of the index template that is there, zeros for none.
func (c *Client) installed(ctx context.Context) (version, schema int, err error) {
	var said struct {
		Templates []struct {
			Template struct {
				Version int `json:"version"`
				Meta    struct {
					Schema int `json:"schema"`
				} `json:"_meta"`
			} `json:"index_template"`
		} `json:"index_templates"`
	}
	err = c.do(ctx, http.MethodGet, "/_index_template/"+templateName, nil, &said)
	if status(err) == http.StatusNotFound {
		return 0, 0, nil
	}
	if err != nil || len(said.Templates) == 0 {
		return 0, 0, err
	}
	return said.Templates[0].Template.Version, said.Templates[0].Template.Meta.Schema, nil
}

// EnsureTemplates brings the templates where there are none or older ones, and says what it changed. Newer ones stay; of
// a newer schema they are a *NewerError.
func (c *Client) EnsureTemplates(ctx context.Context) (changed []string, err error) {
	had, schema, err := c.installed(ctx)
	switch {
	case status(err) == http.StatusForbidden:
		return nil, nil // the rights are for shipping only; who brings templates looks after them
	case err != nil:
		return nil, err
	case schema > event.SchemaVersion:
		return nil, &NewerError{schema}
	case had >= templateVersion:
		return nil, nil
	}
	for _, t := range Templates() {
		if err := c.do(ctx, http.MethodPut, t.Path, t.Body, nil); err != nil {
			if status(err) == http.StatusForbidden {
				return changed, fmt.Errorf("%w; or run once, as somebody who may: postvagt-agent dashboards install", err)
			}
			return changed, fmt.Errorf("template %s: %w", t.Path, err)
		}
		what := "created"
		if had > 0 {
			what = fmt.Sprintf("raised from version %d to %d", had, templateVersion)
		}
		changed = append(changed, "template "+strings.TrimPrefix(t.Path, "/")+": "+what)
	}
	return changed, nil
}
