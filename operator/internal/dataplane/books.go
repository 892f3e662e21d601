// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/directory"
)

// books are the records of the buckets that the operator follows, as a value:
// no lock, no clock, no I/O. Their size is that of the buckets, which the
// services' limits bound.
type books struct {
	configs  map[string]bus.Entry[*configv1.TargetConfig]
	acks     map[string]*statev1.Acknowledgement
	sessions map[string]session
	monitors map[string]monitor
	// seen is when a user opened or ended a session last.
	seen    map[string]time.Time
	reports map[string]*Report
}

type session struct {
	user, target string
}

type monitor struct{ session, target string }

func newBooks() *books {
	return &books{
		configs: map[string]bus.Entry[*configv1.TargetConfig]{}, acks: map[string]*statev1.Acknowledgement{},
		sessions: map[string]session{}, monitors: map[string]monitor{}, seen: map[string]time.Time{}, reports: map[string]*Report{},
	}
}

// note applies a change of a bucket to what is kept of it.
func note[T proto.Message, V any](kept map[string]V, change bus.Change[T], value func(bus.Entry[T]) V) {
	switch change.Operation {
	case bus.OperationPut:
		kept[change.Key] = value(change.Entry)
	case bus.OperationDelete:
		delete(kept, change.Key)
	case bus.OperationSynced:
	}
}

func (b *books) configChanged(change bus.Change[*configv1.TargetConfig]) {
	note(b.configs, change, func(entry bus.Entry[*configv1.TargetConfig]) bus.Entry[*configv1.TargetConfig] { return entry })
}

func (b *books) sessionChanged(change bus.Change[*statev1.SessionRecord], now time.Time) {
	switch change.Operation {
	case bus.OperationPut:
		record := change.Value
		if _, known := b.sessions[change.Key]; !known {
			b.sawUser(record.GetUser(), record.GetOpened().AsTime())
		}
		b.sessions[change.Key] = session{user: record.GetUser(), target: record.GetTarget()}
	case bus.OperationDelete:
		if ended, known := b.sessions[change.Key]; known {
			b.sawUser(ended.user, now)
		}
		delete(b.sessions, change.Key)
	case bus.OperationSynced:
	}
}

func (b *books) sawUser(user string, at time.Time) {
	if at.After(b.seen[user]) {
		b.seen[user] = at
	}
}

// forget drops what was kept of users that nobody configures any more, so that
// the books don't grow for ever.
func (b *books) forget(configured map[string]bool) {
	maps.DeleteFunc(b.seen, func(user string, _ time.Time) bool { return !configured[user] })
}

// live tells who owns a target and which replicas live.
type live interface {
	Owner(target string) (*statev1.Lease, bool)
	Replica(id string) (*statev1.Replica, bool)
}

// view sums the books up.
func (b *books) view(replicas live) *View {
	view := &View{Targets: map[string]Target{}, Users: map[string]User{}}
	for _, entry := range b.configs {
		name := entry.Value.GetTarget()
		target := Target{Published: entry.Value.GetVersion(), Report: b.reports[name]}
		if lease, ok := replicas.Owner(name); ok {
			target.Owner = lease.GetReplica()
		}
		view.Targets[name] = target
	}
	for _, ack := range b.acks {
		target, known := view.Targets[ack.GetTarget()]
		if _, alive := replicas.Replica(ack.GetReplica()); !known || !alive {
			continue
		}
		switch {
		case ack.GetService() == directory.PhoneControl && ack.GetReplica() == target.Owner && ack.GetError() == "":
			target.Applied = ack.GetVersion()
		case ack.GetService() == directory.PhoneControl && ack.GetReplica() == target.Owner && ack.GetVersion() == target.Published:
			target.Refusal = ack.GetError()
		case ack.GetError() != "" && ack.GetVersion() == target.Published:
			target.Refusals = append(target.Refusals, ack.GetService()+"."+ack.GetReplica()+": "+ack.GetError())
		}
		view.Targets[ack.GetTarget()] = target
	}
	for name, target := range view.Targets {
		slices.Sort(target.Refusals)
		view.Targets[name] = target
	}
	for user, at := range b.seen {
		view.Users[user] = User{LastSeen: at}
	}
	for _, open := range b.sessions {
		user := view.Users[open.user]
		user.Sessions++
		view.Users[open.user] = user
		if target, known := view.Targets[open.target]; known {
			target.Sessions++
			view.Targets[open.target] = target
		}
	}
	for _, placed := range b.monitors {
		if target, known := view.Targets[placed.target]; known {
			target.Monitors++
			view.Targets[placed.target] = target
		}
		if open, known := b.sessions[placed.session]; known {
			user := view.Users[open.user]
			user.Monitors++
			view.Users[open.user] = user
		}
	}
	return view
}
