// Package rules holds the shipped rules, one TOML file per issuer of numbers or topic of text.
// How a rule is written is specified in postvagt/rules/detect; README.md shows how to add one.
package rules

import "embed"

// Files are the shipped rule files, all in the root of the file system.
//
//go:embed *.toml
var Files embed.FS
