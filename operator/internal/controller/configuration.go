// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/dataplane"
	"offhook.dev/operator/internal/status"
	"offhook.dev/operator/internal/translate"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

// Finalizer of targets: they are drained before they go.
const Finalizer = "cti.offhook.dev/drain"

// Times of retries.
const (
	keyRetry   = time.Second
	drainLook  = time.Second
	natsRetry  = 5 * time.Second
	conflictIn = 100 * time.Millisecond
)

// DataPlane is what takes configurations and is looked at.
type DataPlane interface {
	Published() (map[string]*configv1.TargetConfig, error)
	Publish(ctx context.Context, configs map[string]*configv1.TargetConfig) error
	View() *dataplane.View
	Changed() <-chan struct{}
}

// Keys give the key of sealed credentials.
type Keys interface {
	Config() ([seal.KeySize]byte, bool)
	Changed() <-chan struct{}
}

// Options are the reconcilers' dependencies.
type Options struct {
	Client    client.Client
	Namespace string
	DataPlane DataPlane
	Keys      Keys
	Events    Recorder
	// DrainTimeout bounds how long the deletion of a target waits.
	DrainTimeout time.Duration
	// Now is the clock; nil: time.Now.
	Now    func() time.Time
	Logger *slog.Logger
	// Metrics of objects; nil: none.
	Metrics *Metrics
}

// Configuration gives the data plane the configuration of all targets. There is
// one request: everything.
type Configuration struct {
	options Options
	state   *state
	// published is what the data plane held when it was reached last.
	published map[string]*configv1.TargetConfig
	// drained is when the owner of a target that is being deleted was first
	// seen in drain.
	drained map[string]time.Time
	// tell asks for the status of objects.
	tell func([]translate.Object)
}

// everything is the request.
type everything struct{}

// Reconcile translates and publishes. What the data plane does not take now is
// tried again.
func (c *Configuration) Reconcile(ctx context.Context, _ everything) (reconcile.Result, error) {
	key, ok := c.options.Keys.Config()
	if !ok {
		return reconcile.Result{RequeueAfter: keyRetry}, nil
	}
	objects, err := readObjects(ctx, c.options.Client, c.options.Namespace)
	if err != nil {
		return reconcile.Result{}, err
	}
	view := c.options.DataPlane.View()
	published, unreached := c.options.DataPlane.Published()
	if unreached == nil {
		c.published = published
	}
	deleted := c.deleted(objects, view)
	if err := c.hold(ctx, objects); err != nil {
		return reconcile.Result{}, err
	}
	all := objects
	objects.Targets = slices.DeleteFunc(slices.Clone(objects.Targets), func(target *v1alpha1.CMETarget) bool { return deleted.gone[target.Name] })
	output, err := translate.Translate(translate.Input{Objects: objects, Published: c.published, Draining: deleted.draining, Key: key})
	if err != nil {
		return reconcile.Result{}, err
	}
	found := &outcome{Output: output, generations: generations(all)}
	result := reconcile.Result{}
	var failed error
	switch {
	case unreached != nil:
		found.unpublished = "NATS is not reached; the data plane goes on with the configuration that it has"
		result.RequeueAfter = natsRetry
	default:
		if failed = c.options.DataPlane.Publish(ctx, output.Configs); failed != nil {
			found.unpublished = "the configuration could not be given to the data plane; it is tried again"
		}
	}
	view = c.options.DataPlane.View()
	c.state.set(found, status.NewWorld(view, output.Configs, found.unpublished))
	c.options.Metrics.count(all, output)
	c.tell(found.objects())
	if failed != nil {
		return reconcile.Result{}, failed
	}
	if err := c.release(ctx, all, deleted.gone); err != nil {
		return reconcile.Result{}, err
	}
	if len(deleted.draining) > 0 && (result.RequeueAfter == 0 || result.RequeueAfter > drainLook) {
		result.RequeueAfter = drainLook
	}
	return result, nil
}

// deletion says which of the targets that are being deleted are in drain, and
// which may go.
type deletion struct{ draining, gone map[string]bool }

func (c *Configuration) deleted(objects manifest.Objects, view *dataplane.View) deletion {
	d := deletion{draining: map[string]bool{}, gone: map[string]bool{}}
	for _, target := range objects.Targets {
		if target.DeletionTimestamp.IsZero() {
			continue
		}
		if c.mayGo(target, view) {
			d.gone[target.Name] = true
		} else {
			d.draining[target.Name] = true
		}
	}
	for name := range c.drained {
		if !d.draining[name] {
			delete(c.drained, name)
		}
	}
	return d
}

// mayGo tells that nothing is left of a target that is being deleted, or that
// it had its time.
func (c *Configuration) mayGo(target *v1alpha1.CMETarget, view *dataplane.View) bool {
	now := c.options.Now()
	if !now.Before(target.DeletionTimestamp.Add(c.options.DrainTimeout)) {
		return true
	}
	if view.Err != nil {
		return false
	}
	known, there := view.Targets[target.Name]
	config := c.published[target.Name]
	switch {
	case !there && config == nil:
		return true
	case !config.GetDrain() || known.Published != config.GetVersion() || known.Sessions > 0:
		return false
	case known.Owner == "":
		return true
	case known.Applied != known.Published:
		return false
	}
	since, seen := c.drained[target.Name]
	if !seen {
		c.drained[target.Name] = now
		return false
	}
	// Only what was asked after it took nothing new says that nothing is left.
	return known.Report != nil && known.Report.At.After(since) && known.Report.Calls == 0
}

// hold adds the finalizer to targets.
func (c *Configuration) hold(ctx context.Context, objects manifest.Objects) error {
	var failed []error
	for _, target := range objects.Targets {
		if !target.DeletionTimestamp.IsZero() || controllerutil.ContainsFinalizer(target, Finalizer) || target.Annotations[ReleasedAnnotation] != "" {
			continue
		}
		changed := target.DeepCopy()
		controllerutil.AddFinalizer(changed, Finalizer)
		if err := c.options.Client.Patch(ctx, changed, client.MergeFromWithOptions(target, client.MergeFromWithOptimisticLock{})); client.IgnoreNotFound(err) != nil {
			failed = append(failed, fmt.Errorf("add finalizer to target %s: %w", target.Name, err))
		}
	}
	return errors.Join(failed...)
}

// release removes the finalizer of targets that are gone from the data plane.
func (c *Configuration) release(ctx context.Context, objects manifest.Objects, gone map[string]bool) error {
	var failed []error
	for _, target := range objects.Targets {
		if !gone[target.Name] || !controllerutil.ContainsFinalizer(target, Finalizer) {
			continue
		}
		changed := target.DeepCopy()
		controllerutil.RemoveFinalizer(changed, Finalizer)
		if err := c.options.Client.Patch(ctx, changed, client.MergeFromWithOptions(target, client.MergeFromWithOptimisticLock{})); client.IgnoreNotFound(err) != nil {
			failed = append(failed, fmt.Errorf("remove finalizer of target %s: %w", target.Name, err))
			continue
		}
		c.options.Logger.Info("target is gone", "target", target.Name)
	}
	return errors.Join(failed...)
}
