// Package checks holds the pure functions that say whether a well-formed number can be real: national
// identity numbers of persons, numbers of organisations that must be told apart, accounts and cards.
package checks
