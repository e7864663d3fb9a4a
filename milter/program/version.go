package program

import (
	"cmp"
	"runtime/debug"
)

// version is that of the package; the linker sets it (-X), nothing else does.
var version string

// Version gives the version of the Debian package that a program came in, else the commit that it was built from, else "unknown".
func Version() string {
	if version != "" {
		return version
	}
	commit := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	return cmp.Or(commit, "unknown")
}
