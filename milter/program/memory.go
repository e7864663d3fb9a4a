package program

import (
	"os"
	"runtime/debug"
)

// Collect sets how much of what is dead may lie about: the heap may grow by percent of what lives before it is collected, and
// near limit bytes it is collected as often as ever. GOGC and GOMEMLIMIT in the environment override each.
func Collect(percent int, limit int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}
