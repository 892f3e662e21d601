// SPDX-License-Identifier: Apache-2.0

package status

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/dataplane"
	"offhook.dev/operator/internal/translate"
	configv1 "offhook.dev/proto/offhook/config/v1"
)

// Object is what is known of an object beside the data plane.
type Object struct {
	// Generation that Faults are of.
	Generation int64
	Faults     []translate.Fault
	// Standing of the object, where it has faults.
	Standing translate.Standing
	Now      time.Time
}

// World is what the objects' status depends on. It is not changed after New
// gave it.
type World struct {
	view    *dataplane.View
	configs map[string]*configv1.TargetConfig
	// unpublished is why the data plane was not given configs; empty: it was.
	unpublished string
	held        map[held]struct{}
}

// held is a line or user in a target's configuration.
type held struct{ target, kind, name string }

// NewWorld sums up what is known: the data plane, what it must hold, and why it
// was not given that (empty: it was; it holds no secret).
func NewWorld(view *dataplane.View, configs map[string]*configv1.TargetConfig, unpublished string) *World {
	w := &World{view: view, configs: configs, unpublished: unpublished, held: map[held]struct{}{}}
	for name, config := range configs {
		for _, line := range config.GetLines() {
			w.held[held{name, v1alpha1.KindLine, line.GetName()}] = struct{}{}
		}
		for _, user := range config.GetUsers() {
			w.held[held{name, v1alpha1.KindCTIUser, user.GetName()}] = struct{}{}
		}
	}
	return w
}

func (w *World) holds(target, kind, name string) bool {
	_, ok := w.held[held{target, kind, name}]
	return ok
}

// Target gives the status of a target. Deleted tells that it is being deleted.
func (w *World) Target(target *v1alpha1.CMETarget, object *Object) v1alpha1.CMETargetStatus {
	status := *target.Status.DeepCopy()
	j := judge(status.Conditions, object)
	j.faults(object.Faults, object.Standing)
	connection := w.connection(target.Name)
	j.set(v1alpha1.ConditionConnected, connection.status, connection.reason, connection.message)
	known := w.view.Targets[target.Name]
	if w.view.Err == nil {
		countTarget(&status, &known)
	}
	w.draining(j, target, &known)
	j.ready()
	status.ObservedGeneration, status.Conditions = object.Generation, j.conditions
	return status
}

func (w *World) draining(j *judgement, target *v1alpha1.CMETarget, known *dataplane.Target) {
	deleted := !target.DeletionTimestamp.IsZero()
	if !deleted && !target.Spec.Maintenance.Drain {
		j.remove(v1alpha1.ConditionDraining)
		return
	}
	config := w.configs[target.Name]
	switch {
	case w.view.Err != nil:
		j.set(v1alpha1.ConditionDraining, metav1.ConditionTrue, v1alpha1.ReasonDraining, "what is left is not known while NATS is not reached")
	case !config.GetDrain() || known.Owner != "" && (known.Applied != config.GetVersion() || known.Report == nil || known.Report.Calls < 0):
		j.set(v1alpha1.ConditionDraining, metav1.ConditionTrue, v1alpha1.ReasonDraining, "its owner was told to take nothing new")
	case known.Sessions == 0 && (known.Report == nil || known.Report.Calls == 0):
		j.set(v1alpha1.ConditionDraining, metav1.ConditionTrue, v1alpha1.ReasonDrained, "nothing new is taken, and nothing is left")
	default:
		calls := 0
		if known.Report != nil {
			calls = known.Report.Calls
		}
		j.set(v1alpha1.ConditionDraining, metav1.ConditionTrue, v1alpha1.ReasonDraining,
			fmt.Sprintf("nothing new is taken; left: %d sessions, %d calls", known.Sessions, calls))
	}
}

// Line gives the status of a line.
func (w *World) Line(line *v1alpha1.Line, object *Object) v1alpha1.LineStatus {
	status := *line.Status.DeepCopy()
	j := judge(status.Conditions, object)
	j.faults(object.Faults, object.Standing)
	connection := w.connection(line.Spec.Target)
	if connection.status == metav1.ConditionTrue && !w.holds(line.Spec.Target, v1alpha1.KindLine, line.Name) {
		connection = notInForce
	}
	j.set(v1alpha1.ConditionConnected, connection.status, connection.reason, connection.message)
	if known := w.view.Targets[line.Spec.Target]; w.view.Err == nil {
		countLine(&status, line, known.Report)
	}
	j.ready()
	status.ObservedGeneration, status.Conditions = object.Generation, j.conditions
	return status
}

// User gives the status of a CTI user.
func (w *World) User(user *v1alpha1.CTIUser, object *Object) v1alpha1.CTIUserStatus {
	status := *user.Status.DeepCopy()
	j := judge(status.Conditions, object)
	j.faults(object.Faults, object.Standing)
	connection := w.userConnection(user)
	j.set(v1alpha1.ConditionConnected, connection.status, connection.reason, connection.message)
	if w.view.Err == nil {
		name := user.Spec.User
		if name == "" {
			name = user.Name
		}
		countUser(&status, w.view.Users[name])
	}
	j.ready()
	status.ObservedGeneration, status.Conditions = object.Generation, j.conditions
	return status
}

// connection is what Connected says.
type connection struct {
	status  metav1.ConditionStatus
	reason  v1alpha1.ConditionReason
	message string
}

var notInForce = connection{metav1.ConditionFalse, v1alpha1.ReasonPending, "it is not in the configuration of the data plane"}

// connection of a target: it runs what it must.
func (w *World) connection(name string) connection {
	target, config := w.view.Targets[name], w.configs[name]
	switch {
	case w.view.Err != nil:
		return connection{metav1.ConditionUnknown, v1alpha1.ReasonNATSUnavailable,
			"NATS is not reached; the data plane goes on with the configuration that it has"}
	case config == nil:
		return connection{metav1.ConditionFalse, v1alpha1.ReasonPending, "target " + name + " is not in the configuration of the data plane"}
	case w.unpublished != "" && target.Published != config.GetVersion():
		return connection{metav1.ConditionFalse, v1alpha1.ReasonPending, w.unpublished}
	case target.Owner == "":
		return connection{metav1.ConditionFalse, v1alpha1.ReasonNoOwner, "no phone-control replica runs target " + name}
	case target.Refusal != "":
		return connection{metav1.ConditionFalse, v1alpha1.ReasonRefused, target.Owner + " refuses version " + config.GetVersion() + ": " + target.Refusal}
	case len(target.Refusals) > 0:
		return connection{metav1.ConditionFalse, v1alpha1.ReasonRefused, "version " + config.GetVersion() + " is refused by " + strings.Join(target.Refusals, "; ")}
	case target.Applied != config.GetVersion():
		return connection{metav1.ConditionFalse, v1alpha1.ReasonPending, target.Owner + " has not taken version " + config.GetVersion() + " yet"}
	}
	return connection{metav1.ConditionTrue, v1alpha1.ReasonConnected, "run by " + target.Owner}
}

// userConnection is that of all targets whose configuration holds the user.
func (w *World) userConnection(user *v1alpha1.CTIUser) connection {
	held := 0
	for _, name := range targetsOf(user) {
		connection := w.connection(name)
		if connection.status != metav1.ConditionTrue {
			return connection
		}
		if w.holds(name, v1alpha1.KindCTIUser, user.Name) {
			held++
		}
	}
	if held == 0 {
		return notInForce
	}
	return connection{status: metav1.ConditionTrue, reason: v1alpha1.ReasonConnected}
}

// targetsOf are the targets that a user has rights in, sorted.
func targetsOf(user *v1alpha1.CTIUser) []string {
	var names []string
	for _, grant := range user.Spec.Lines {
		names = append(names, grant.Target)
	}
	for _, grant := range user.Spec.LineSelectors {
		names = append(names, grant.Target)
	}
	for _, grant := range user.Spec.LineSelectors {
		names = append(names, grant.Target)
	}
	for _, grant := range user.Spec.LineSelectors {
		names = append(names, grant.Target)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
