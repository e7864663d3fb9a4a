// Package e2e holds the stories: the programs as an admin runs them, against the real servers.
package e2e
