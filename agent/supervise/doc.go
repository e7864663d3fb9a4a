// Package supervise is how an authority sees to it that its rules are kept: registers of what people state, each entry
// with its author and its revisions. It is pure: package store keeps the entries, package web and the command line
// make them.
package supervise
