// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"maps"
	"slices"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/phone-control/callmodel"
)

// registrationTimeout bounds reading and writing the registrations.
const registrationTimeout = 2 * time.Second

// RouteRegistrations keeps over the life of an owner who routes calls;
// *bus.Bucket is one. Keys are "<target>.<route_register_req_id>".
type RouteRegistrations interface {
	Put(ctx context.Context, key string, record *statev1.RouteRegistration) (revision uint64, err error)
	Delete(ctx context.Context, key string) error
	List(ctx context.Context, pattern string) ([]bus.Entry[*statev1.RouteRegistration], error)
}

// registrations writes the route registrations of one target, in the order of
// their changes. What was not written is tried again with the next change; an
// owner that follows would not know it.
type registrations struct {
	target *target
	// latest holds the registrations as they are, at most once.
	latest chan []callmodel.Registration
	// version that was put into latest last; belongs to the target's goroutine.
	version uint64
	// stored belongs to run, after the target began.
	stored map[string]bool
}

func newRegistrations(t *target) *registrations {
	return &registrations{target: t, latest: make(chan []callmodel.Registration, 1), stored: make(map[string]bool)}
}

func (r *registrations) key(id string) string {
	return bus.EncodeKey(r.target.name) + "." + bus.EncodeKey(id)
}

// restore gives the call model what an owner before had. Where it can't be read
// applications must register again.
func (r *registrations) restore(ctx context.Context) {
	if r.target.options.RouteRegistrations == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, registrationTimeout)
	defer cancel()
	entries, err := r.target.options.RouteRegistrations.List(ctx, bus.EncodeKey(r.target.name)+".*")
	if err != nil {
		r.target.options.Logger.Warn("route registrations are not readable: applications must register again", "target", r.target.name, "error", err)
		return
	}
	var restored callmodel.RegistrationsRestored
	for _, entry := range entries {
		r.stored[entry.Value.GetRouteRegisterReqId()] = true
		restored.Registrations = append(restored.Registrations, callmodel.Registration{
			ID: entry.Value.GetRouteRegisterReqId(), Session: entry.Value.GetSessionId(),
			Devices: devices(entry.Value.GetAllowedDevices()),
		})
	}
	r.target.step(restored)
}

// note queues the registrations if a step changed them. On the target's
// goroutine.
func (r *registrations) note() {
	version := r.target.model.RegistrationsVersion()
	if version == r.version || r.target.options.RouteRegistrations == nil {
		return
	}
	r.version = version
	select {
	case <-r.latest: // older
	default:
	}
	r.latest <- r.target.model.Registrations()
}

// run writes until the context ends, and what came before that.
func (r *registrations) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			select {
			case latest := <-r.latest:
				r.write(context.WithoutCancel(ctx), latest)
			default:
			}
			return
		case latest := <-r.latest:
			r.write(ctx, latest)
		}
	}
}

// write stores what is new and deletes what is gone.
func (r *registrations) write(ctx context.Context, latest []callmodel.Registration) {
	ctx, cancel := context.WithTimeout(ctx, registrationTimeout)
	defer cancel()
	gone := maps.Clone(r.stored)
	for _, registered := range latest {
		delete(gone, registered.ID)
		if r.stored[registered.ID] {
			continue
		}
		record := &statev1.RouteRegistration{
			Target: r.target.name, RouteRegisterReqId: registered.ID, SessionId: registered.Session,
		}
		for _, device := range registered.Devices {
			record.AllowedDevices = append(record.AllowedDevices, string(device))
		}
		if _, err := r.target.options.RouteRegistrations.Put(ctx, r.key(registered.ID), record); err != nil {
			r.failed("put", err)
			continue
		}
		r.stored[registered.ID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(gone)) {
		if err := r.target.options.RouteRegistrations.Delete(ctx, r.key(id)); err != nil {
			r.failed("delete", err)
			continue
		}
		delete(r.stored, id)
	}
}

func (r *registrations) failed(operation string, err error) {
	r.target.options.Metrics.refused(r.target.name, "route_registration_not_stored")
	r.target.options.Logger.Warn("route registration was not stored", "operation", operation, "target", r.target.name, "error", err)
}
