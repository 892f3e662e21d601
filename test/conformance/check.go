// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"fmt"
	"testing"
)

// Check is one thing that is checked.
type Check struct {
	Name string
	// Source is where the standard says so.
	Source string
	// Needs are the services, as GetCSTAFeatures names them, that it asks for.
	Needs []string
	// Lines is how many lines it takes.
	Lines int
	run   func(*trial) error
}

// Outcome of a check.
type Outcome uint8

// Outcomes.
const (
	Passed Outcome = iota + 1
	Failed
	// NotOffered: the server does not list what the check needs, or has not
	// enough lines.
	NotOffered
)

// String is the outcome in capitals.
func (o Outcome) String() string {
	switch o {
	case Passed:
		return "PASS"
	case Failed:
		return "FAIL"
	case NotOffered:
		return "NOT OFFERED"
	}
	return "UNKNOWN"
}

// Result of a check. Err says what is wrong, or what is missing.
type Result struct {
	Check
	Outcome Outcome
	Err     error
}

// Checks lists all checks in their order.
func Checks() []Check {
	var all []Check
	for _, group := range [][]Check{sessionChecks(), monitorChecks(), callChecks(), moveChecks(), featureChecks(), refusalChecks()} {
		all = append(all, group...)
	}
	return all
}

// RunChecks runs every check, one after the other, and reports each result as
// it is there. It returns an error only where nothing can be checked at all.
func RunChecks(ctx context.Context, server Server, report func(Result)) error {
	if err := server.complete(); err != nil {
		return err
	}
	offered, err := offers(ctx, server)
	if err != nil {
		return err
	}
	for _, check := range Checks() {
		report(runCheck(ctx, server, offered, check))
		if ctx.Err() != nil {
			return fmt.Errorf("conformance: %w", context.Cause(ctx))
		}
	}
	return nil
}

func runCheck(ctx context.Context, server Server, offered map[string]bool, check Check) Result {
	for _, service := range check.Needs {
		if !offered[service] {
			return Result{check, NotOffered, fmt.Errorf("%s is not listed by GetCSTAFeatures", service)}
		}
	}
	if check.Lines > len(server.Lines) {
		return Result{check, NotOffered, fmt.Errorf("%d lines are given, it takes %d", len(server.Lines), check.Lines)}
	}
	t := &trial{ctx: ctx, server: server, offered: offered}
	err := check.run(t)
	if closing := t.end(); err == nil {
		err = closing
	}
	if err != nil {
		return Result{check, Failed, err}
	}
	return Result{check, Passed, nil}
}

// Run runs every check as a test of its own. What the server does not offer is
// skipped.
func Run(t *testing.T, server Server) {
	t.Helper()
	err := RunChecks(t.Context(), server, func(result Result) {
		t.Run(result.Name, func(t *testing.T) {
			switch result.Outcome {
			case Failed:
				t.Errorf("%s: %v", result.Source, result.Err)
			case NotOffered:
				t.Skip(result.Err)
			case Passed:
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
