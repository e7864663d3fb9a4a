package main
import ("context";"errors")
var errFailed = errors.New("failed")
func show(ctx context.Context, check bool) error { return nil }
