// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/config"
	"offhook.dev/operator/internal/controller"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/directory"
	"offhook.dev/services/process"
	"offhook.dev/services/targetconfig"
)

const namespace = "cti"

// site is an API server, a NATS, an operator and a data plane of one replica
// that runs whatever target it is given.
type site struct {
	client client.Client
	// access is the operators' way to the API server, over wire.
	access  *rest.Config
	wire    *wire
	stop    func()
	server  *bustest.Server
	bus     *bus.Bus
	watcher *targetconfig.Watcher
}

// newSite starts all of it; without the programs of an API server the test is
// skipped.
func newSite(t *testing.T) *site {
	t.Helper()
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Skip("KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver")
	}
	environment := &envtest.Environment{CRDDirectoryPaths: []string{filepath.Join("..", "..", "..", "charts", "offhook", "files", "crds")}, ErrorIfCRDPathMissing: true}
	// Also where it starts in part: CRDs may be refused.
	t.Cleanup(func() {
		if err := environment.Stop(); err != nil {
			t.Errorf("stop API server: %v", err)
		}
	})
	access, err := environment.Start()
	if err != nil {
		t.Fatalf("start API server: %v", err)
	}
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{server: bustest.Run(t)}
	if s.client, err = client.New(access, client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	s.create(t, &corev1.Namespace{Name: namespace})
	s.bus = s.server.Connect(t)

	s.wire = newWire(t, access.Host)
	s.access = rest.CopyConfig(access)
	s.access.Host = "https://" + s.wire.address()
	s.stop = s.startOperator(t)
	return s
}

// startOperator gives a function that ends it.
func (s *site) startOperator(t *testing.T) (stop func()) {
	t.Helper()
	read := config.NewDefaultConfig()
	read.Namespace, read.NATS.URL, read.GRPC.Insecure = namespace, s.server.URL(), true
	read.Status.Interval, read.Drain.Timeout = process.Duration(200*time.Millisecond), process.Duration(time.Minute)
	read.LeaderElection.RetryPeriod = process.Duration(500 * time.Millisecond)
	if err := read.Validate(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	go func() { ended <- manage(ctx, s.access, read, func(string) string { return "" }, log) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("operator ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// runDataPlane is a phone-control that acknowledges every configuration with
// the key that the operator made, and owns every target of a list.
func (s *site) runDataPlane(t *testing.T, targets ...string) {
	t.Helper()
	var secret corev1.Secret
	s.eventually(t, "key", func(ctx context.Context) error {
		return s.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "offhook-config-key"}, &secret)
	})
	key, err := targetconfig.ParseKey(secret.Data["config.key"])
	if err != nil {
		t.Fatal(err)
	}
	endpoint := servePhones(t)
	s.watcher = targetconfig.NewWatcher(targetconfig.Options{Bus: s.bus, Service: directory.PhoneControl, Replica: "pc-0", Key: key})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{}, 2)
	go func() { _ = s.watcher.Run(ctx); ended <- struct{}{} }()
	go func() {
		defer func() { ended <- struct{}{} }()
		ticker := time.NewTicker(500 * time.Millisecond)
		defer ticker.Stop()
		for {
			_, _ = s.bus.Replicas().Put(ctx, "phone-control.pc-0", &statev1.Replica{Service: directory.PhoneControl, Id: "pc-0", GrpcEndpoint: endpoint})
			for _, target := range targets {
				_, _ = s.bus.Leases().Put(ctx, bus.EncodeKey(target), &statev1.Lease{Target: target, Replica: "pc-0", GrpcEndpoint: endpoint})
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-ended; <-ended })
}

func (s *site) create(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := s.client.Create(t.Context(), object); err != nil {
			t.Fatalf("create %s: %v", object.GetName(), err)
		}
	}
}

// eventually asks until there is no error.
func (s *site) eventually(t *testing.T, what string, check func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		case <-ticker.C:
		}
	}
}

// expect waits for a condition of an object.
func (s *site) expect(t *testing.T, object client.Object, kind v1alpha1.ConditionType, status metav1.ConditionStatus, reason v1alpha1.ConditionReason) {
	t.Helper()
	s.eventually(t, object.GetName()+" "+string(kind), func(ctx context.Context) error {
		if err := s.client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		var conditions []metav1.Condition
		switch object := object.(type) {
		case *v1alpha1.CMETarget:
			conditions = object.Status.Conditions
		case *v1alpha1.Line:
			conditions = object.Status.Conditions
		case *v1alpha1.CTIUser:
			conditions = object.Status.Conditions
		}
		found := meta.FindStatusCondition(conditions, string(kind))
		if found == nil || found.Status != status || found.Reason != string(reason) || found.ObservedGeneration != object.GetGeneration() {
			return fmt.Errorf("is %+v, want %s %s at generation %d", found, status, reason, object.GetGeneration())
		}
		return nil
	})
}

func objectMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace}
}

func password(name, value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: objectMeta(name), StringData: map[string]string{"password": value}}
}

func newTarget(name string, domains ...string) *v1alpha1.CMETarget {
	return &v1alpha1.CMETarget{ObjectMeta: objectMeta(name), Spec: v1alpha1.CMETargetSpec{SIP: v1alpha1.TargetSIP{Domains: domains}}}
}

func newLine(name, target, number, secret string) *v1alpha1.Line {
	return &v1alpha1.Line{ObjectMeta: objectMeta(name), Spec: v1alpha1.LineSpec{Target: target, Number: number, Devices: []v1alpha1.LineDevice{
		{Name: "desk", SIP: &v1alpha1.SIPDevice{PasswordSecretRef: v1alpha1.SecretKeyReference{Name: secret, Key: "password"}}},
	}}}
}

func newUser(name, secret, target string, numbers ...string) *v1alpha1.CTIUser {
	user := &v1alpha1.CTIUser{ObjectMeta: objectMeta(name), Spec: v1alpha1.CTIUserSpec{
		PasswordSecretRef: v1alpha1.SecretKeyReference{Name: secret, Key: "password"},
	}}
	for _, number := range numbers {
		user.Spec.Lines = append(user.Spec.Lines, v1alpha1.LineGrant{Target: target, Number: number, Rights: []v1alpha1.Right{v1alpha1.RightMonitor}})
	}
	return user
}

func TestObjectsBecomeConfigurationAndStatus(t *testing.T) {
	s := newSite(t)
	target, line, user := newTarget("office", "office.example"), newLine("alice", "office", "1001", "phones"), newUser("crm", "crm", "office", "1001")
	s.create(t, user, line, target)
	s.expect(t, line, v1alpha1.ConditionResolvedRefs, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	s.expect(t, target, v1alpha1.ConditionConnected, metav1.ConditionFalse, v1alpha1.ReasonNoOwner)
	s.create(t, password("phones", "1234"), password("crm", "5678"))
	s.runDataPlane(t, "office")
	for _, object := range []client.Object{target, line, user} {
		s.expect(t, object, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
	}

	// A new password is a new version.
	before := target.Status.ConfigVersion
	changed := password("phones", "4321")
	if err := s.client.Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	s.eventually(t, "new version", func(ctx context.Context) error {
		if err := s.client.Get(ctx, client.ObjectKeyFromObject(target), target); err != nil {
			return err
		}
		if now := target.Status.ConfigVersion; now == before || now == "" {
			return fmt.Errorf("version is %q still", now)
		}
		return nil
	})

	// A bad change leaves the running configuration as it was.
	running := s.watcher.Snapshot()
	unchanged := user.DeepCopy()
	user.Spec.Lines[0].Number = "1999"
	if err := s.client.Patch(t.Context(), user, client.MergeFrom(unchanged)); err != nil {
		t.Fatal(err)
	}
	s.expect(t, user, v1alpha1.ConditionResolvedRefs, metav1.ConditionFalse, v1alpha1.ReasonLineNotFound)
	if s.watcher.Snapshot() != running {
		t.Error("the data plane was given another configuration")
	}

	// A target goes when it is drained; its operator lets it go.
	if _, err := s.bus.Sessions().Put(t.Context(), "s1", &statev1.SessionRecord{SessionId: "s1", User: "crm", Target: "office"}); err != nil {
		t.Fatal(err)
	}
	s.eventually(t, "session is counted", func(ctx context.Context) error {
		if err := s.client.Get(ctx, client.ObjectKeyFromObject(user), user); err != nil {
			return err
		}
		if user.Status.Sessions != 1 {
			return fmt.Errorf("sessions %d", user.Status.Sessions)
		}
		return nil
	})
	if err := s.client.Delete(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	s.expect(t, target, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDraining)
	if drained, ok := s.watcher.Snapshot().TargetByName("office"); !ok || !drained.Config.GetDrain() {
		t.Error("the target is not in drain")
	}
	if err := s.bus.Sessions().Delete(t.Context(), "s1"); err != nil {
		t.Fatal(err)
	}
	s.eventually(t, "target goes", func(ctx context.Context) error {
		if err := s.client.Get(ctx, client.ObjectKeyFromObject(target), target); !apierrors.IsNotFound(err) {
			return fmt.Errorf("target is there: %w", err)
		}
		return nil
	})
	s.expect(t, line, v1alpha1.ConditionResolvedRefs, metav1.ConditionFalse, v1alpha1.ReasonTargetNotFound)
	if targets := s.watcher.Snapshot().Targets(); len(targets) != 0 {
		t.Errorf("the data plane runs %v", targets)
	}
}

func TestOperatorOutlivesAnAPIServerThatIsAway(t *testing.T) {
	s := newSite(t)
	target := newTarget("office", "office.example")
	s.create(t, target)
	s.runDataPlane(t, "office")
	s.expect(t, target, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
	s.wire.cut()
	// What NATS lost comes back from what the operator knows.
	if err := s.bus.Config().Delete(t.Context(), "office"); err != nil {
		t.Fatal(err)
	}
	s.eventually(t, "configuration again", func(ctx context.Context) error {
		_, err := s.bus.Config().Get(ctx, "office")
		return err
	})
	s.wire.mend()
	line := newLine("alice", "office", "1001", "phones")
	s.create(t, password("phones", "1234"), line)
	s.expect(t, line, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func TestAnotherReplicaTakesOver(t *testing.T) {
	s := newSite(t)
	target := newTarget("office", "office.example")
	s.create(t, target)
	s.runDataPlane(t, "office")
	s.expect(t, target, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
	version := target.Status.ConfigVersion
	s.startOperator(t)
	s.stop()
	line := newLine("alice", "office", "1001", "phones")
	s.create(t, password("phones", "1234"), line)
	s.expect(t, line, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
	if err := s.client.Delete(t.Context(), line); err != nil {
		t.Fatal(err)
	}
	s.eventually(t, "version of before", func(ctx context.Context) error {
		if err := s.client.Get(ctx, client.ObjectKeyFromObject(target), target); err != nil || target.Status.ConfigVersion == version {
			return err
		}
		return fmt.Errorf("version %s, want %s: equal objects have equal versions", target.Status.ConfigVersion, version)
	})
}

func TestOperatorOutlivesNATS(t *testing.T) {
	s := newSite(t)
	target := newTarget("office", "office.example")
	s.create(t, target)
	s.runDataPlane(t, "office")
	s.expect(t, target, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
	s.server.Stop(t)
	s.expect(t, target, v1alpha1.ConditionConnected, metav1.ConditionUnknown, v1alpha1.ReasonNATSUnavailable)
	line := newLine("alice", "office", "1001", "phones")
	s.create(t, password("phones", "1234"), line)
	s.expect(t, line, v1alpha1.ConditionAccepted, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
	s.server.Restart(t)
	s.expect(t, line, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func TestReleasedTargetsGoWithoutAnOperator(t *testing.T) {
	s := newSite(t)
	target := newTarget("office", "office.example")
	s.create(t, target)
	s.eventually(t, "finalizer", func(ctx context.Context) error {
		if err := s.client.Get(ctx, client.ObjectKeyFromObject(target), target); err != nil || len(target.Finalizers) == 1 {
			return err
		}
		return fmt.Errorf("finalizers %v", target.Finalizers)
	})
	if err := controller.Release(t.Context(), s.client, namespace); err != nil {
		t.Fatal(err)
	}
	if err := s.client.Delete(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	s.eventually(t, "deletion", func(ctx context.Context) error {
		if err := s.client.Get(ctx, client.ObjectKeyFromObject(target), target); !apierrors.IsNotFound(err) {
			return fmt.Errorf("target is there: %w", err)
		}
		return nil
	})
}
