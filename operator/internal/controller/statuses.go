// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/status"
	"offhook.dev/operator/internal/translate"
)

// Recorder takes events.
type Recorder interface {
	Eventf(regarding, related runtime.Object, eventType, reason, action, note string, args ...any)
}

// Statuses writes the status of objects where it differs.
type Statuses struct {
	options Options
	state   *state
}

// Reconcile writes the status of one object.
func (s *Statuses) Reconcile(ctx context.Context, named translate.Object) (reconcile.Result, error) {
	found, world := s.state.get()
	if found == nil {
		return reconcile.Result{}, nil
	}
	generation, translated := found.generations[named]
	if !translated {
		return reconcile.Result{}, nil
	}
	object := &status.Object{
		Generation: generation, Faults: found.Faults[named], Standing: found.Standing[named], Now: s.options.Now(),
	}
	key := client.ObjectKey{Namespace: s.options.Namespace, Name: named.Name}
	var err error
	switch named.Kind {
	case v1alpha1.KindCMETarget:
		target := &v1alpha1.CMETarget{}
		if err = s.options.Client.Get(ctx, key, target); err == nil {
			before := target.DeepCopy()
			target.Status = world.Target(target, object)
			err = s.write(ctx, target, before, before.Status, target.Status, before.Status.Conditions, target.Status.Conditions)
		}
	case v1alpha1.KindLine:
		line := &v1alpha1.Line{}
		if err = s.options.Client.Get(ctx, key, line); err == nil {
			before := line.DeepCopy()
			line.Status = world.Line(line, object)
			err = s.write(ctx, line, before, before.Status, line.Status, before.Status.Conditions, line.Status.Conditions)
		}
	case v1alpha1.KindCTIUser:
		user := &v1alpha1.CTIUser{}
		if err = s.options.Client.Get(ctx, key, user); err == nil {
			before := user.DeepCopy()
			user.Status = world.User(user, object)
			err = s.write(ctx, user, before, before.Status, user.Status, before.Status.Conditions, user.Status.Conditions)
		}
	}
	return reconcile.Result{}, client.IgnoreNotFound(err)
}

// write patches a status that differs from the one before, and tells of a
// transition.
func (s *Statuses) write(ctx context.Context, object, before client.Object, had, has any, hadConditions, hasConditions []metav1.Condition) error {
	if equality.Semantic.DeepEqual(had, has) {
		return nil
	}
	if err := s.options.Client.Status().Patch(ctx, object, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("write status of %s: %w", object.GetName(), err)
	}
	s.options.Metrics.wrote()
	s.announce(object, v1alpha1.ConditionReady, hadConditions, hasConditions)
	s.announce(object, v1alpha1.ConditionDraining, hadConditions, hasConditions)
	return nil
}

// announce records an event where a condition got another status or reason.
func (s *Statuses) announce(object runtime.Object, kind v1alpha1.ConditionType, had, has []metav1.Condition) {
	before, after := meta.FindStatusCondition(had, string(kind)), meta.FindStatusCondition(has, string(kind))
	if after == nil || before != nil && before.Status == after.Status && before.Reason == after.Reason {
		return
	}
	if kind == v1alpha1.ConditionReady && after.Reason == string(v1alpha1.ReasonDraining) {
		return // Draining itself tells
	}
	level := corev1.EventTypeNormal
	if kind == v1alpha1.ConditionReady && after.Status == metav1.ConditionFalse && before != nil {
		level = corev1.EventTypeWarning
	}
	note := after.Message
	if note == "" {
		note = "it is in force"
	}
	s.options.Events.Eventf(object, nil, level, after.Reason, "Reconcile", "%s", bounded(note))
}

// bounded cuts a note to what an event takes.
func bounded(note string) string {
	const most = 1000
	if len(note) <= most {
		return note
	}
	cut := most
	for cut > 0 && note[cut]&0xc0 == 0x80 {
		cut--
	}
	return note[:cut] + "..."
}
