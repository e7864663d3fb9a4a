package tail

import (
	"fmt"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// Watcher says when files may have changed. It watches their folders, so that a rotation is seen as well.
type Watcher struct {
	C    <-chan struct{} // at least one event since the last receive
	wake chan struct{}
	fs   *fsnotify.Watcher
	done chan struct{}
}

// Watch watches the folders of paths.
func Watch(paths []string) (*Watcher, error) {
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch log files: %w", err)
	}
	wake := make(chan struct{}, 1)
	w := &Watcher{C: wake, wake: wake, fs: fs, done: make(chan struct{})}
	for _, p := range paths {
		if err := fs.Add(filepath.Dir(p)); err != nil {
			_ = fs.Close()
			return nil, fmt.Errorf("watch %s: %w", filepath.Dir(p), err)
		}
	}
	go w.run()
	return w, nil
}

func (w *Watcher) run() {
	defer close(w.done)
	for {
		select {
		case _, ok := <-w.fs.Events:
			if !ok {
				return
			}
		case _, ok := <-w.fs.Errors: // too many events: look at all
			if !ok {
				return
			}
		}
		w.Wake()
	}
}

// Wake makes C ready.
func (w *Watcher) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Close ends the watch.
func (w *Watcher) Close() error {
	err := w.fs.Close()
	<-w.done
	return err
}
