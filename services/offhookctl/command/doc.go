// SPDX-License-Identifier: Apache-2.0

// Package command has the commands of offhookctl. Each opens one CSTA session,
// does one thing, and ends it; errors say what to do next and decide the exit
// code. It never keeps state between runs.
package command
