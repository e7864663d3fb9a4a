package elastic

import (
	"context"
	"net/http"

	"postvagt/agent/event"
)

// Reasons that are ours.
const (
	ReasonDiffers = "another document has this key and no lower version" // a restore without postvagt-agent restore, for instance
)

// lookAtOnce is how many documents are looked at in one request.
const lookAtOnce = 500

// resolve looks at what is stored where Elasticsearch said that a version is not lower than ours. The row is done if
// the content is the same.
func (p *pass) resolve(ctx context.Context) error {
	for at := 0; at < len(p.conflicts); at += lookAtOnce {
		part := p.conflicts[at:min(at+lookAtOnce, len(p.conflicts))]
		if err := p.look(ctx, part); err != nil {
			p.retry(len(p.conflicts) - at)
			return err
		}
	}
	return nil
}

func (p *pass) look(ctx context.Context, part []sent) error {
	var ask struct {
		Docs []object `json:"docs"`
	}
	for _, s := range part {
		ask.Docs = append(ask.Docs, object{"_index": index(s.month), "_id": s.key, "_source": []string{fieldHash}})
	}
	var said struct {
		Docs []struct {
			Found   bool  `json:"found"`
			Version int64 `json:"_version"`
			Source  struct {
				Hash string `json:"postvagt.hash"`
			} `json:"_source"`
		} `json:"docs"`
	}
	if err := p.Client.do(ctx, http.MethodPost, "/_mget", ask, &said); err != nil {
		return err
	}
	for i, s := range part {
		if i >= len(said.Docs) {
			p.retry(1)
			continue
		}
		there := said.Docs[i]
		switch {
		case !there.Found || there.Version < version(p.agent.Generation, s.revision):
			p.retry(1) // it was deleted or replaced in between
		case there.Source.Hash == s.hash:
			p.receipt(event.Receipt{ID: s.id, Revision: s.revision})
		default:
			p.receipt(event.Receipt{ID: s.id, Revision: s.revision, Refused: ReasonDiffers})
		}
	}
	return nil
}
