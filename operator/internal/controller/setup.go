// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/status"
	"offhook.dev/operator/internal/translate"
)

const (
	// settle puts changes of objects together, tell those of the data plane.
	settle = 100 * time.Millisecond
	tell   = time.Second
	// Bounds of the wait before something that failed is tried again.
	firstRetry, lastRetry = 200 * time.Millisecond, 30 * time.Second
	// statusWorkers write at a time.
	statusWorkers = 4
)

// reconcilers are both reconcilers with what wakes them.
type reconcilers struct {
	configuration *Configuration
	statuses      *Statuses

	mu    sync.Mutex
	queue workqueue.TypedRateLimitingInterface[translate.Object]
	whole workqueue.TypedRateLimitingInterface[everything]
}

func newReconcilers(options Options) *reconcilers {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Metrics == nil {
		options.Metrics = NewMetrics(nil)
	}
	shared := &state{}
	r := &reconcilers{statuses: &Statuses{options: options, state: shared}}
	r.configuration = &Configuration{options: options, state: shared, drained: map[string]time.Time{}, tell: r.tellStatus}
	return r
}

// Setup adds the reconcilers to a manager; they run on the leader.
func Setup(manager manager.Manager, options Options) error {
	r := newReconcilers(options)
	err := builder.TypedControllerManagedBy[everything](manager).Named("configuration").
		WatchesRawSource(source.TypedKind(manager.GetCache(), &v1alpha1.CMETarget{}, changes[*v1alpha1.CMETarget]())).
		WatchesRawSource(source.TypedKind(manager.GetCache(), &v1alpha1.Line{}, changes[*v1alpha1.Line]())).
		WatchesRawSource(source.TypedKind(manager.GetCache(), &v1alpha1.CTIUser{}, changes[*v1alpha1.CTIUser]())).
		WatchesRawSource(source.TypedKind(manager.GetCache(), &corev1.Secret{}, changes[*corev1.Secret]())).
		WatchesRawSource(source.TypedFunc[everything](r.startWhole)).
		WithOptions(controller.TypedOptions[everything]{
			MaxConcurrentReconciles: 1, RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[everything](firstRetry, lastRetry),
		}).
		Complete(r.configuration)
	if err != nil {
		return fmt.Errorf("set up configuration: %w", err)
	}
	err = builder.TypedControllerManagedBy[translate.Object](manager).Named("status").
		WatchesRawSource(source.TypedFunc[translate.Object](r.startStatus)).
		WithOptions(controller.TypedOptions[translate.Object]{
			MaxConcurrentReconciles: statusWorkers, RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[translate.Object](firstRetry, lastRetry),
		}).
		Complete(r.statuses)
	if err != nil {
		return fmt.Errorf("set up status: %w", err)
	}
	return nil
}

// changes asks for everything when an object comes, goes or changes other than
// in its status.
func changes[T client.Object]() handler.TypedEventHandler[T, everything] {
	type queue = workqueue.TypedRateLimitingInterface[everything]
	return handler.TypedFuncs[T, everything]{
		CreateFunc: func(_ context.Context, _ event.TypedCreateEvent[T], q queue) { q.AddAfter(everything{}, settle) },
		DeleteFunc: func(_ context.Context, _ event.TypedDeleteEvent[T], q queue) { q.AddAfter(everything{}, settle) },
		UpdateFunc: func(_ context.Context, e event.TypedUpdateEvent[T], q queue) {
			if differs(e.ObjectOld, e.ObjectNew) {
				q.AddAfter(everything{}, settle)
			}
		},
	}
}

// differs tells that an object changed other than in its status. Secrets have
// no generation.
func differs(before, after client.Object) bool {
	if before.GetGeneration() == 0 && after.GetGeneration() == 0 {
		return before.GetResourceVersion() != after.GetResourceVersion()
	}
	return before.GetGeneration() != after.GetGeneration() ||
		before.GetDeletionTimestamp().IsZero() != after.GetDeletionTimestamp().IsZero() ||
		len(before.GetFinalizers()) != len(after.GetFinalizers()) ||
		!sameText(before.GetLabels(), after.GetLabels()) || !sameText(before.GetAnnotations(), after.GetAnnotations())
}

func sameText(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		if other, ok := b[key]; !ok || other != value {
			return false
		}
	}
	return true
}

// startWhole follows the keys and the data plane until the context ends.
func (r *reconcilers) startWhole(ctx context.Context, queue workqueue.TypedRateLimitingInterface[everything]) error {
	r.mu.Lock()
	r.whole = queue
	r.mu.Unlock()
	queue.Add(everything{})
	go r.follow(ctx)
	return nil
}

func (r *reconcilers) startStatus(_ context.Context, queue workqueue.TypedRateLimitingInterface[translate.Object]) error {
	r.mu.Lock()
	r.queue = queue
	r.mu.Unlock()
	found, _ := r.statuses.state.get()
	r.tellStatus(found.objects())
	return nil
}

func (r *reconcilers) tellStatus(objects []translate.Object) {
	r.mu.Lock()
	queue := r.queue
	r.mu.Unlock()
	if queue == nil {
		return
	}
	for _, object := range objects {
		queue.Add(object)
	}
}

// follow asks for everything when the keys change or the data plane lost a
// configuration, and for statuses when the data plane tells something new, at
// most once in a while.
func (r *reconcilers) follow(ctx context.Context) {
	options := r.statuses.options
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	for {
		select {
		case <-ctx.Done():
			return
		case <-options.Keys.Changed():
			r.whole.Add(everything{})
			continue
		case <-options.DataPlane.Changed():
		}
		if r.refresh() {
			r.whole.Add(everything{})
		}
		pause.Reset(tell)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// refresh renews what statuses depend on; it reports whether the data plane
// does not hold what it must.
func (r *reconcilers) refresh() (lost bool) {
	found, _ := r.statuses.state.get()
	if found == nil {
		return true
	}
	view := r.statuses.options.DataPlane.View()
	if view.Err == nil {
		lost = found.unpublished != "" || len(view.Targets) != len(found.Configs)
		for name, config := range found.Configs {
			lost = lost || view.Targets[name].Published != config.GetVersion()
		}
	}
	if !lost {
		r.statuses.state.renew(found, status.NewWorld(view, found.Configs, found.unpublished))
		r.tellStatus(found.objects())
	}
	return lost
}
