// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/directory"
)

const (
	// reportTimeout bounds the report of one target, and reportsAtOnce how many
	// are asked for at a time.
	reportTimeout = 10 * time.Second
	reportsAtOnce = 4
)

// poll asks the owners of all targets for reports, again and again.
func (p *Plane) poll(ctx context.Context, replicas *directory.Directory) error {
	ticker := time.NewTicker(p.options.Interval)
	defer ticker.Stop()
	for {
		p.askAll(ctx, replicas)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func (p *Plane) askAll(ctx context.Context, replicas *directory.Directory) {
	p.mu.Lock()
	targets := make([]*configv1.TargetConfig, 0, len(p.books.configs))
	for _, entry := range p.books.configs {
		targets = append(targets, entry.Value)
	}
	p.mu.Unlock()
	reports := make([]*Report, len(targets))
	var group errgroup.Group
	group.SetLimit(reportsAtOnce)
	for i, target := range targets {
		if _, owned := replicas.Owner(target.GetTarget()); !owned {
			continue
		}
		group.Go(func() error {
			reports[i] = p.ask(ctx, replicas, target)
			return nil
		})
	}
	_ = group.Wait()
	if ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	p.books.reports = make(map[string]*Report, len(targets))
	for i, target := range targets {
		if reports[i] != nil {
			p.books.reports[target.GetTarget()] = reports[i]
		}
	}
	p.mu.Unlock()
	p.touch()
}

// ask gives nil where the owner gave no report.
func (p *Plane) ask(ctx context.Context, replicas *directory.Directory, config *configv1.TargetConfig) *Report {
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	at := time.Now()
	report, err := p.options.Report(ctx, replicas, config)
	if err != nil {
		p.metrics.reports.WithLabelValues("failed").Inc()
		if ctx.Err() == nil {
			p.options.Logger.Debug("ask for report", "target", config.GetTarget(), "error", err)
		}
		return nil
	}
	p.metrics.reports.WithLabelValues("answered").Inc()
	report.At = at
	return report
}
