package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"postvagt-milter": main})
}

// The stories of the command line; each file under testdata is one.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true, Setup: func(e *testscript.Env) error {
		return os.MkdirAll(e.WorkDir+"/tmp", 0o700)
	}})
}
