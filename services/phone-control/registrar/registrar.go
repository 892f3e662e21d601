// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// storeTimeout bounds one write to the store. A phone whose binding could not
// be stored is registered all the same; its next refresh stores it.
const storeTimeout = 2 * time.Second

// Store keeps bindings over the life of a process; *bus.Bucket is one.
type Store interface {
	Put(ctx context.Context, key string, record *statev1.RegistrationRecord) (revision uint64, err error)
	Delete(ctx context.Context, key string) error
	List(ctx context.Context, pattern string) ([]bus.Entry[*statev1.RegistrationRecord], error)
}

// Options are a registrar's dependencies.
type Options struct {
	Target string
	// Config gives the target's configuration now; it must not block.
	Config func() *targetconfig.Target
	Auth   *digestauth.Authenticator
	Store  Store
	// OnService is told of each line that gets its first phone (true) or loses
	// its last one (false), in order per line. It must not block and must not
	// call the registrar.
	OnService func(line string, inService bool)
	// OnBinding is told of each binding that a phone made or refreshed, likewise;
	// nil: nobody is.
	OnBinding func(Binding)
	// HoldFlow keeps a connection open that a binding without Path came by;
	// nil: it is not kept.
	HoldFlow func(sipstack.Flow) (release func())
	Logger   *slog.Logger
	Metrics  *Metrics
	// Now is the clock: time.Now.
	Now func() time.Time
}

// Registrar is the registrar of one target. It is safe for concurrent use.
type Registrar struct {
	options Options
	changed chan struct{}

	// stripes order a line's changes and their writes to the store.
	stripes [32]sync.Mutex
	seed    maphash.Seed

	mu       sync.Mutex
	bindings *Bindings
	held     map[string]func()
}

// New makes a registrar without bindings.
func New(options Options) *Registrar {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.OnService == nil {
		options.OnService = func(string, bool) {}
	}
	if options.OnBinding == nil {
		options.OnBinding = func(Binding) {}
	}
	if options.HoldFlow == nil {
		options.HoldFlow = func(sipstack.Flow) func() { return func() {} }
	}
	return &Registrar{
		options: options, changed: make(chan struct{}, 1), seed: maphash.MakeSeed(),
		bindings: NewBindings(PolicyOf(options.Config())), held: make(map[string]func()),
	}
}

// PolicyOf reads the bounds that a target's configuration sets.
func PolicyOf(target *targetconfig.Target) Policy {
	policy := NewDefaultPolicy()
	driver := target.Config.GetDriver().GetSipLine()
	if d := driver.GetMinRegistrationExpiry().AsDuration(); d > 0 {
		policy.MinExpires = d
	}
	if d := driver.GetMaxRegistrationExpiry().AsDuration(); d > 0 {
		policy.MaxExpires = d
	}
	if d := driver.GetDefaultRegistrationExpiry().AsDuration(); d > 0 {
		policy.DefaultExpires = d
	}
	policy.MaxExpires = max(policy.MaxExpires, policy.MinExpires)
	policy.DefaultExpires = min(max(policy.DefaultExpires, policy.MinExpires), policy.MaxExpires)
	return policy
}

// Load takes over the bindings in the store. Call it before Run.
func (r *Registrar) Load(ctx context.Context) error {
	entries, err := r.options.Store.List(ctx, StorePrefix(r.options.Target)+">")
	if err != nil {
		return fmt.Errorf("load registrations of target %s: %w", r.options.Target, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	target, now := r.options.Config(), r.options.Now()
	for _, entry := range entries {
		binding := BindingOf(entry.Value)
		if device, ok := target.Device(binding.Device); !ok || device.Line.GetNumber() != binding.Line {
			continue
		}
		r.bindings.Restore(binding, now)
	}
	for _, line := range r.bindings.Lines() {
		r.options.OnService(line, true)
	}
	r.options.Metrics.setBindings(r.options.Target, r.bindings.Len())
	return nil
}

// Run removes bindings when they expire, until the context ends.
func (r *Registrar) Run(ctx context.Context) error {
	defer r.letGo()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		r.mu.Lock()
		next, ok := r.bindings.NextExpiry()
		r.mu.Unlock()
		wait := time.Hour
		if ok {
			wait = max(0, next.Sub(r.options.Now()))
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-r.changed:
		case <-timer.C:
			now := r.options.Now()
			r.apply(func(t *Bindings) Outcome { return t.Expire(now) })
		}
	}
}

// Of lists a line's phones, the newest registration first.
func (r *Registrar) Of(line string) []Binding {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bindings.Of(line)
}

// All lists the phones of all lines, by line.
func (r *Registrar) All() []Binding {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Binding, 0, r.bindings.Len())
	for _, line := range r.bindings.Lines() {
		all = append(all, r.bindings.Of(line)...)
	}
	return all
}

// Remove takes out the binding of a phone that can't be reached any more.
func (r *Registrar) Remove(line, key string) {
	r.apply(func(t *Bindings) Outcome { return t.Remove(line, key) })
}

// Reconfigure applies a change of the target's configuration: new bounds, and
// devices that are gone lose their bindings.
func (r *Registrar) Reconfigure() {
	target := r.options.Config()
	r.apply(func(t *Bindings) Outcome {
		t.SetPolicy(PolicyOf(target))
		return t.Retain(func(line, username string) bool {
			device, ok := target.Device(username)
			return ok && device.Line.GetNumber() == line
		})
	})
}

// apply makes a change that only removes bindings, and writes it.
func (r *Registrar) apply(change func(*Bindings) Outcome) {
	out := r.step(change)
	for _, binding := range out.Deleted {
		r.removeFromStore(binding)
	}
}

// removeFromStore deletes a binding unless the phone has registered again.
func (r *Registrar) removeFromStore(binding Binding) {
	stripe := r.stripe(binding.Line)
	stripe.Lock()
	defer stripe.Unlock()
	for _, now := range r.Of(binding.Line) {
		if now.Key() == binding.Key() {
			return
		}
	}
	r.write(Outcome{Deleted: []Binding{binding}})
}

// step changes the table and tells of lines that came or went.
func (r *Registrar) step(change func(*Bindings) Outcome) Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := change(r.bindings)
	for _, binding := range out.Deleted {
		r.release(binding)
	}
	for _, binding := range out.Put {
		r.release(binding)
		if flow, ok := binding.Source.(sipstack.Flow); ok && len(binding.Path) == 0 {
			r.held[heldKey(binding)] = r.options.HoldFlow(flow)
		}
		r.options.OnBinding(binding)
	}
	for _, line := range out.InService {
		r.options.OnService(line, true)
	}
	for _, line := range out.OutOfService {
		r.options.OnService(line, false)
	}
	r.options.Metrics.setBindings(r.options.Target, r.bindings.Len())
	select {
	case r.changed <- struct{}{}:
	default:
	}
	return out
}

// write stores the changes of an outcome. A failure is logged: the table in
// memory is what counts while the process lives.
func (r *Registrar) write(out Outcome) {
	// Detached: a binding is stored even while the target is being let go.
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	for _, binding := range out.Deleted {
		if err := r.options.Store.Delete(ctx, StoreKey(r.options.Target, binding)); err != nil {
			r.storeFailed("delete", binding, err)
		}
	}
	for _, binding := range out.Put {
		if _, err := r.options.Store.Put(ctx, StoreKey(r.options.Target, binding), binding.Record(r.options.Target)); err != nil {
			r.storeFailed("put", binding, err)
		}
	}
}

func (r *Registrar) storeFailed(operation string, binding Binding, err error) {
	r.options.Metrics.storeFailed(r.options.Target)
	r.options.Logger.Warn("registration was not stored", "operation", operation,
		"target", r.options.Target, "device", binding.Device, "error", err)
}

func (r *Registrar) stripe(line string) *sync.Mutex {
	return &r.stripes[maphash.String(r.seed, line)%uint64(len(r.stripes))]
}

func heldKey(b Binding) string { return b.Line + " " + b.Key() }

// release gives a held connection free; the lock is held.
func (r *Registrar) release(b Binding) {
	key := heldKey(b)
	if release, ok := r.held[key]; ok {
		delete(r.held, key)
		release()
	}
}

func (r *Registrar) letGo() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, release := range r.held {
		delete(r.held, key)
		release()
	}
}

// Registrations lists the phones of all lines as the service reports them.
func (r *Registrar) Registrations() []*phonecontrolv1.Registration {
	now := r.options.Now()
	bindings := r.All()
	list := make([]*phonecontrolv1.Registration, len(bindings))
	for i, b := range bindings {
		list[i] = &phonecontrolv1.Registration{
			Line: b.Line, DeviceName: b.Device, Contact: b.Contact, UserAgent: b.UserAgent,
			ExpiresSeconds: uint32(max(0, b.Expires.Sub(now)/time.Second)),
		}
	}
	return list
}
