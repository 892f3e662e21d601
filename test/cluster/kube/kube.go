// SPDX-License-Identifier: Apache-2.0

// Package kube drives a Kubernetes cluster by the commands that people type:
// kubectl and helm. It is for tests, which it fails with what a command said.
package kube

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// patience bounds each command that does not wait by itself.
const patience = 4 * time.Minute

// Cluster is the cluster of KUBECONFIG, in one namespace.
type Cluster struct {
	t         *testing.T
	Namespace string
}

// In gives the cluster with a namespace, and fails the test where commands are
// missing.
func In(t *testing.T, namespace string) *Cluster {
	t.Helper()
	for _, command := range []string{"kubectl", "helm"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Fatalf("%s is not installed", command)
		}
	}
	return &Cluster{t: t, Namespace: namespace}
}

// For is the cluster as another test sees it.
func (c *Cluster) For(t *testing.T) *Cluster { return &Cluster{t: t, Namespace: c.Namespace} }

// Try runs a command of words, in the namespace, and gives what it printed to
// both outputs.
func (c *Cluster) Try(words ...string) (string, error) { return c.try("", words...) }

func (c *Cluster) try(input string, words ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.t.Context()), patience)
	defer cancel()
	arguments := append([]string{"--namespace", c.Namespace}, words[1:]...)
	command := exec.CommandContext(ctx, words[0], arguments...) // #nosec G204 -- commands of a test
	if input != "" {
		command.Stdin = strings.NewReader(input)
	}
	output, err := command.CombinedOutput()
	if err != nil {
		return string(output), fmt.Errorf("%s: %w\n%s", strings.Join(words, " "), err, output)
	}
	return string(output), nil
}

// Run runs a command that must succeed.
func (c *Cluster) Run(words ...string) string {
	c.t.Helper()
	output, err := c.Try(words...)
	if err != nil {
		c.t.Fatal(err)
	}
	return output
}

// Line runs a command line, its words split at blanks, that must succeed.
func (c *Cluster) Line(format string, arguments ...any) string {
	c.t.Helper()
	return c.Run(strings.Fields(fmt.Sprintf(format, arguments...))...)
}

// Apply applies manifests that must be accepted.
func (c *Cluster) Apply(manifests string) {
	c.t.Helper()
	if output, err := c.try(manifests, "kubectl", "apply", "-f", "-"); err != nil {
		c.t.Fatal(output, err)
	}
}

// ApplyRefused applies manifests that must be refused, and gives the reason.
func (c *Cluster) ApplyRefused(manifests string) string {
	c.t.Helper()
	output, err := c.try(manifests, "kubectl", "apply", "-f", "-")
	if err == nil {
		c.t.Fatalf("accepted:\n%s", manifests)
	}
	return output
}

// Await runs a command again and again until it succeeds and its output passes,
// for at most a time.
func (c *Cluster) Await(limit time.Duration, what string, pass func(output string) bool, words ...string) string {
	c.t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	for {
		output, err := c.Try(words...)
		if err == nil && pass(output) {
			return output
		}
		select {
		case <-again.C:
		case <-deadline.C:
			c.t.Fatalf("after %s not yet: %s\n%s", limit, what, errors.Join(err, errors.New(output)))
		}
	}
}

// JSONPath reads a value of an object.
func (c *Cluster) JSONPath(object, path string) string {
	c.t.Helper()
	return c.Run("kubectl", "get", object, "-o", "jsonpath="+path)
}

// Logs writes a namespace's state and the end of its pods' logs to a folder, for
// a test that failed.
func (c *Cluster) Logs(folder string) error {
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o750)); err != nil {
		return fmt.Errorf("make folder of logs: %w", err)
	}
	var failures []error
	keep := func(name string, words ...string) string {
		output, err := c.Try(words...)
		failures = append(failures, err, os.WriteFile(folder+"/"+name, []byte(output), 0o600))
		return output
	}
	keep("objects", "kubectl", "get", "all,cti,pvc,secrets,events", "-o", "wide")
	keep("cti.yaml", "kubectl", "get", "cti", "-o", "yaml")
	for pod := range strings.FieldsSeq(keep("pods", "kubectl", "get", "pods", "-o", "name")) {
		keep(strings.ReplaceAll(pod, "/", "-")+".log", "kubectl", "logs", pod, "--all-containers", "--tail", "2000")
	}
	return errors.Join(failures...)
}
