// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	clientconfig "sigs.k8s.io/controller-runtime/pkg/client/config"
	controllerconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	controllermetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/config"
	"offhook.dev/operator/internal/controller"
	"offhook.dev/operator/internal/dataplane"
	"offhook.dev/operator/internal/natsreload"
	"offhook.dev/operator/internal/pki"
)

const (
	// Requests to the API server, per second and at once.
	requestsPerSecond, requestsAtOnce = 50, 100
	// stopTimeout bounds the end of the process.
	stopTimeout = 10 * time.Second
	// releaseTimeout bounds --release.
	releaseTimeout = 2 * time.Minute
)

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("make scheme: %w", err)
	}
	return scheme, nil
}

func restConfig() (*rest.Config, error) {
	access, err := clientconfig.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("find the API server: %w; run in a pod with a service account, or set KUBECONFIG", err)
	}
	access.QPS, access.Burst = requestsPerSecond, requestsAtOnce
	return access, nil
}

// operate runs the manager until the context ends.
func operate(ctx context.Context, read *config.Config, environment func(string) string, logger *slog.Logger) error {
	access, err := restConfig()
	if err != nil {
		return err
	}
	return manage(ctx, access, read, environment, logger)
}

// manage runs the manager on an API server.
func manage(ctx context.Context, access *rest.Config, read *config.Config, environment func(string) string, logger *slog.Logger) error {
	bridge := logr.FromSlogHandler(logger.Handler())
	ctrl.SetLogger(bridge)
	klog.SetLogger(bridge)
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	options := managerOptions(read, scheme, bridge)
	options.LeaderElectionResourceLockInterface, err = newLock(access, read, environment)
	if err != nil {
		return err
	}
	made, err := ctrl.NewManager(access, options)
	if err != nil {
		return fmt.Errorf("make manager: %w", err)
	}
	registry := prometheus.NewRegistry()
	if err := assemble(made, read, environment, logger, registry); err != nil {
		return err
	}
	admin := &adminServer{
		listen: read.Admin.Listen, profiling: read.Admin.Profiling, cache: made.GetCache(), logger: logger,
		gatherer: prometheus.Gatherers{controllermetrics.Registry, registry},
	}
	if err := made.Add(admin); err != nil {
		return fmt.Errorf("add admin listener: %w", err)
	}
	if err := made.Start(ctx); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return nil
}

func managerOptions(read *config.Config, scheme *runtime.Scheme, logger logr.Logger) manager.Options {
	lease, renew, retry := time.Duration(read.LeaderElection.LeaseDuration), time.Duration(read.LeaderElection.RenewDeadline), time.Duration(read.LeaderElection.RetryPeriod)
	stop := stopTimeout
	return manager.Options{
		Scheme: scheme, Logger: logger,
		Cache: cache.Options{
			DefaultNamespaces: map[string]cache.Config{read.Namespace: {}},
			ByObject: map[client.Object]cache.ByObject{
				// Passwords are not in these, and some of them are large.
				&corev1.Secret{}: {Field: fields.AndSelectors(
					fields.OneTermNotEqualSelector("type", "helm.sh/release.v1"),
					fields.OneTermNotEqualSelector("type", string(corev1.SecretTypeServiceAccountToken)),
					fields.OneTermNotEqualSelector("type", string(corev1.SecretTypeTLS)),
				)},
			},
			DefaultTransform: cache.TransformStripManagedFields(),
		},
		LeaderElection: true, LeaderElectionReleaseOnCancel: true, LeaseDuration: &lease, RenewDeadline: &renew, RetryPeriod: &retry,
		GracefulShutdownTimeout: &stop,
		// Only the metrics of one process would mix.
		Controller: controllerconfig.Controller{SkipNameValidation: new(true)},
		// The process has one listener of its own.
		Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
	}
}

// assemble adds all that works on the leader.
func assemble(made manager.Manager, read *config.Config, environment func(string) string, logger *slog.Logger, registry *prometheus.Registry) error {
	direct, err := client.New(made.GetConfig(), client.Options{Scheme: made.GetScheme(), Mapper: made.GetRESTMapper(), HTTPClient: made.GetHTTPClient()})
	if err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	keeper := pki.NewKeeper(pki.Options{
		Client: direct, Names: pki.Names{Installation: read.Installation, Namespace: read.Namespace},
		Issue: read.Certificates.Issue, AuthorityValidity: time.Duration(read.Certificates.AuthorityValidity),
		Validity: time.Duration(read.Certificates.Validity), Interval: time.Duration(read.Certificates.CheckInterval),
		Logger: logger, Metrics: pki.NewMetrics(registry),
	})
	dial := &dialler{config: read, keeper: keeper, logger: logger, registry: registry, replica: environment("POD_NAME")}
	plane := dataplane.New(dataplane.Options{
		Connect: dial.connect, Link: dial.link(), Interval: time.Duration(read.Status.Interval), Logger: logger, Registerer: registry,
	})
	reclaim := manager.RunnableFunc(func(ctx context.Context) error {
		if err := controller.Reclaim(ctx, direct, read.Namespace); err != nil {
			logger.Warn("take back released targets", "error", err)
		}
		return nil
	})
	parts := []manager.Runnable{keeper, plane, reclaim}
	if read.NATS.Internal {
		parts = append(parts, natsreload.New(natsreload.Options{
			URL: read.NATS.URL, TLS: keeper.Identity.ClientConfig(read.NATS.TLS.ServerName), Ready: keeper.Identity.Wait,
			Password: keeper.Keys.SystemPassword, Interval: min(time.Hour, time.Duration(read.Certificates.Validity)/12), Logger: logger,
		}))
	}
	for _, part := range parts {
		if err := made.Add(part); err != nil {
			return fmt.Errorf("add to manager: %w", err)
		}
	}
	if err := controller.Setup(made, controller.Options{
		Client: made.GetClient(), Namespace: read.Namespace, DataPlane: plane, Keys: keeper.Keys,
		Events: made.GetEventRecorder("offhook-operator"), DrainTimeout: time.Duration(read.Drain.Timeout),
		Logger: logger, Metrics: controller.NewMetrics(registry),
	}); err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	return nil
}

// release lets go of all targets.
func release(ctx context.Context, read *config.Config, _ func(string) string, logger *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	access, err := restConfig()
	if err != nil {
		return err
	}
	direct, err := client.New(access, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	if err := controller.Release(ctx, direct, read.Namespace); err != nil {
		return fmt.Errorf("release targets: %w", err)
	}
	logger.Info("targets are released", "namespace", read.Namespace)
	return nil
}
