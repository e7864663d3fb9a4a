package web

import "fmt"

// say is a text in the reader's language; templates call it.
func say(lang, name string, args ...any) (string, error) {
	t, ok := texts[name]
	if !ok {
		return "", fmt.Errorf("there is no text %q", name)
	}
	if len(args) == 0 {
		return t.In(lang), nil
	}
	return fmt.Sprintf(t.In(lang), args...), nil
}
