// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"slices"
	"strings"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
)

// table is what the directory knows, as a value: no clock, no lock, no I/O.
type table struct {
	replicaTTL, leaseTTL time.Duration
	replicas             map[string]replicaEntry
	leases               map[string]leaseEntry
	// stale are the revisions of leases that expired and were not written
	// since: whoever replaces exactly that revision takes the target over.
	stale map[string]uint64
}

type replicaEntry struct {
	replica *statev1.Replica
	seen    time.Time
}

type leaseEntry struct {
	lease    *statev1.Lease
	revision uint64
	seen     time.Time
}

func newTable(replicaTTL, leaseTTL time.Duration) *table {
	return &table{
		replicaTTL: replicaTTL, leaseTTL: leaseTTL,
		replicas: map[string]replicaEntry{}, leases: map[string]leaseEntry{}, stale: map[string]uint64{},
	}
}

// putReplica reports whether anything but the time changed.
func (t *table) putReplica(replica *statev1.Replica, now time.Time) bool {
	before, known := t.replicas[replica.GetId()]
	t.replicas[replica.GetId()] = replicaEntry{replica: replica, seen: now}
	return !known || before.replica.GetDraining() != replica.GetDraining() ||
		before.replica.GetGrpcEndpoint() != replica.GetGrpcEndpoint() ||
		before.replica.GetSipEndpoint() != replica.GetSipEndpoint() ||
		before.replica.GetSkinnyEndpoint() != replica.GetSkinnyEndpoint() ||
		before.replica.GetService() != replica.GetService()
}

func (t *table) deleteReplica(id string) bool {
	_, known := t.replicas[id]
	delete(t.replicas, id)
	return known
}

// putLease reports whether the owner changed.
func (t *table) putLease(target string, lease *statev1.Lease, revision uint64, now time.Time) bool {
	before, known := t.leases[target]
	if known && revision < before.revision {
		return false
	}
	if t.stale[target] == revision {
		return false
	}
	delete(t.stale, target)
	t.leases[target] = leaseEntry{lease: lease, revision: revision, seen: now}
	return !known || before.lease.GetReplica() != lease.GetReplica() || before.lease.GetEpoch() != lease.GetEpoch()
}

func (t *table) deleteLease(target string) bool {
	_, known := t.leases[target]
	delete(t.leases, target)
	delete(t.stale, target)
	return known
}

// expire drops what was not renewed in time and tells whether anything was
// dropped.
func (t *table) expire(now time.Time) bool {
	dropped := false
	for id, entry := range t.replicas {
		if now.Sub(entry.seen) >= t.replicaTTL {
			delete(t.replicas, id)
			dropped = true
		}
	}
	for target, entry := range t.leases {
		if now.Sub(entry.seen) >= t.leaseTTL {
			delete(t.leases, target)
			t.stale[target] = entry.revision
			dropped = true
		}
	}
	return dropped
}

// renewAll gives all entries their full time; it tells that nothing changed.
func (t *table) renewAll(now time.Time) bool {
	for id, entry := range t.replicas {
		entry.seen = now
		t.replicas[id] = entry
	}
	for target, entry := range t.leases {
		entry.seen = now
		t.leases[target] = entry
	}
	return false
}

// ofService gives the replicas of a service, sorted by id.
func (t *table) ofService(service string) []*statev1.Replica {
	var found []*statev1.Replica
	for _, entry := range t.replicas {
		if entry.replica.GetService() == service {
			found = append(found, entry.replica)
		}
	}
	slices.SortFunc(found, func(a, b *statev1.Replica) int { return strings.Compare(a.GetId(), b.GetId()) })
	return found
}
