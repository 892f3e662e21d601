// SPDX-License-Identifier: Apache-2.0

package main

import "slices"

// Forms of the system.
const (
	formBaseline = "baseline"
	formOne      = "one"
	formFour     = "four"
)

// Parts of the scenario.
const (
	partInfo   = "info"
	partCalls  = "calls"
	partIdle   = "idle"
	partEvents = "events"
)

// plan says how much of everything is done.
type plan struct {
	forms, parts []string
	// rounds go over all forms; a median is taken of their figures.
	rounds int
	// pairs of lines, with one session each.
	pairs int
	// window is the requests under way per session.
	window int
	// requests and calls per round and form.
	requests, calls int
	// idle sessions per form.
	idle int
	// watchers are sessions with a monitor on one line, where watched calls
	// are made one after the other.
	watchers, watched int
	// profiles is a folder for processor profiles; empty: none.
	profiles string
}

// full takes about a minute, and one more where nothing is built yet.
var full = plan{
	forms: []string{formBaseline, formOne, formFour}, parts: []string{partInfo, partCalls, partIdle, partEvents},
	rounds: 5, pairs: 64, window: 2, requests: 40_000, calls: 5_000,
	idle: 2_000, watchers: 1_000, watched: 10,
}

// smoke shows that everything works; its figures say little.
var smoke = plan{
	forms: full.forms, parts: full.parts,
	rounds: 1, pairs: 16, window: 2, requests: 2_000, calls: 400,
	idle: 200, watchers: 100, watched: 2,
}

func (p plan) has(part string) bool { return slices.Contains(p.parts, part) }
