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
	p.mu.Lock()
	conflicts := p.conflicts
	p.conflicts = nil
	p.mu.Unlock()
	for at := 0; at < len(conflicts); at += lookAtOnce {
		part := conflicts[at:min(at+lookAtOnce, len(conflicts))]
		if err := p.look(ctx, part); err != nil {
			p.retry(len(conflicts) - at)
			return err
		}
	}
	return nil
}

// found is a document as it is stored.
type found struct {
	Found   bool  `json:"found"`
	Version int64 `json:"_version"`
	Source  struct {
		Hash string `json:"postvagt.hash"`
	} `json:"_source"`
}

// lookUp gets documents by their ids, in that order.
func (c *Client) lookUp(ctx context.Context, ids []object) ([]found, error) {
	var said struct {
		Docs []found `json:"docs"`
	}
	err := c.do(ctx, http.MethodPost, "/_mget", object{"docs": ids}, &said)
	return said.Docs, err
}

func (p *pass) look(ctx context.Context, part []sent) error {
	var ask []object
	for _, s := range part {
		ask = append(ask, object{"_index": index(s.month), "_id": s.key, "_source": []string{fieldHash}})
	}
	said, err := p.Client.lookUp(ctx, ask)
	if err != nil {
		return err
	}
	for i, s := range part {
		if i >= len(said) {
			p.retry(1)
			continue
		}
		there := said[i]
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
