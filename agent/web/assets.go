package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// assets are the style sheet and the fonts, each under a name that holds its hash, so that a browser may keep it.
type assets struct {
	files map[string][]byte // by served name
	names map[string]string // file -> served name
}

func loadAssets() (*assets, error) {
	a := &assets{files: map[string][]byte{}, names: map[string]string{}}
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return nil, err
	}
	var styles []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".css") {
			styles = append(styles, e.Name())
			continue
		}
		b, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, err
		}
		a.add(e.Name(), b)
	}
	for _, name := range styles { // after the fonts, whose names they hold
		b, err := assetFiles.ReadFile("assets/" + name)
		if err != nil {
			return nil, err
		}
		for file, served := range a.names {
			b = bytes.ReplaceAll(b, []byte("url("+file+")"), []byte("url("+served+")"))
		}
		a.add(name, b)
	}
	return a, nil
}

func (a *assets) add(file string, b []byte) {
	sum := sha256.Sum256(b)
	ext := path.Ext(file)
	served := strings.TrimSuffix(file, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	a.files[served], a.names[file] = b, served
}

// url is the address of an asset; templates call it.
func (a *assets) url(file string) (string, error) {
	served, ok := a.names[file]
	if !ok {
		return "", fmt.Errorf("there is no asset %s", file)
	}
	return "/assets/" + served, nil
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	b, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	if strings.HasSuffix(name, ".woff2") {
		w.Header().Set("Content-Type", "font/woff2")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
}
