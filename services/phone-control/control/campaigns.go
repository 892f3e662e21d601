// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"sync"

	"offhook.dev/services/directory"
	"offhook.dev/services/targetconfig"
)

// campaigns are the campaigns for all configured targets, one goroutine each.
// They belong to the goroutine of Server.Run.
type campaigns struct {
	server *Server
	byName map[string]campaign
	group  sync.WaitGroup
}

type campaign struct {
	kind   string
	cancel context.CancelFunc
	done   chan struct{}
}

func newCampaigns(s *Server) *campaigns {
	return &campaigns{server: s, byName: make(map[string]campaign)}
}

// follow starts and ends campaigns so that there is one for each target. A
// target whose driver became another one is let go and taken anew.
func (c *campaigns) follow(ctx context.Context, snapshot *targetconfig.Snapshot) {
	for name, running := range c.byName {
		config, ok := snapshot.TargetByName(name)
		if !ok || driverKind(config) != running.kind {
			running.cancel()
			<-running.done
			delete(c.byName, name)
		}
	}
	for _, config := range snapshot.Targets() {
		if _, ok := c.byName[config.Name]; !ok {
			c.start(ctx, config)
		}
	}
}

func (c *campaigns) start(ctx context.Context, config *targetconfig.Target) {
	ctx, cancel := context.WithCancel(ctx)
	started := campaign{kind: driverKind(config), cancel: cancel, done: make(chan struct{})}
	c.byName[config.Name] = started
	c.group.Go(func() { // owned by campaigns; stopAll awaits it
		defer close(started.done)
		options := c.server.options
		err := options.Leases.Campaign(ctx, config.Name, options.Replica, directory.CandidateFunc(c.server.own))
		if err != nil && ctx.Err() == nil {
			options.Logger.Error("campaign for a target ended", "target", config.Name, "error", err)
		}
	})
}

// stopAll hands all targets over and returns when that is done.
func (c *campaigns) stopAll() {
	for name, running := range c.byName {
		running.cancel()
		delete(c.byName, name)
	}
	c.group.Wait()
}

// driverKind names the line sides of a target; another one asks for another
// driver.
func driverKind(config *targetconfig.Target) string {
	driver := config.Config.GetDriver()
	kind := ""
	switch {
	case driver.GetSipLine() != nil:
		kind = "sipLine"
	case driver.GetSimulated() != nil:
		kind = "simulated"
	}
	if driver.GetSkinny() != nil {
		kind += "+skinny"
	}
	return kind
}
