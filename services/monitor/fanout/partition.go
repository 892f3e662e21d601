// SPDX-License-Identifier: Apache-2.0

package fanout

import "offhook.dev/services/directory"

// whole is the partition of a replica that is alone.
type whole struct{}

func (whole) Mine(string) bool        { return true }
func (whole) Alone() bool             { return true }
func (whole) Subscribe(func()) func() { return func() {} }

// DirectoryPartition spreads sessions over the live replicas of this service.
type DirectoryPartition struct {
	Directory *directory.Directory
	// Replica is the id of this replica.
	Replica string
}

var _ Partition = DirectoryPartition{}

// Mine implements Partition. Nothing is served here until this replica has been
// announced, so that replicas which start together do not report twice.
func (p DirectoryPartition) Mine(sessionID string) bool {
	replica, ok := p.Directory.Pick(directory.Monitor, sessionID)
	return ok && replica.GetId() == p.Replica
}

// Alone implements Partition.
func (p DirectoryPartition) Alone() bool {
	for _, replica := range p.Directory.Replicas(directory.Monitor) {
		if replica.GetId() != p.Replica {
			return false
		}
	}
	return true
}

// Subscribe implements Partition.
func (p DirectoryPartition) Subscribe(changed func()) func() { return p.Directory.Subscribe(changed) }
