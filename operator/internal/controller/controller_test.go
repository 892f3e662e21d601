// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/dataplane"
	"offhook.dev/operator/internal/translate"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const namespace = "cti"

// plane is a data plane that takes what it is given.
type plane struct {
	err     error
	held    map[string]*configv1.TargetConfig
	view    dataplane.View
	changed chan struct{}
	// refuses every configuration.
	refuses bool
}

func (p *plane) Published() (map[string]*configv1.TargetConfig, error) {
	return maps.Clone(p.held), p.err
}

func (p *plane) Publish(_ context.Context, configs map[string]*configv1.TargetConfig) error {
	if p.err != nil {
		return p.err
	}
	p.held = maps.Clone(configs)
	return nil
}

func (p *plane) View() *dataplane.View {
	view := p.view
	view.Err = p.err
	view.Targets = map[string]dataplane.Target{}
	for name, config := range p.held {
		known := p.view.Targets[name]
		known.Published = config.GetVersion()
		if known.Owner != "" && !p.refuses {
			known.Applied = known.Published
		}
		view.Targets[name] = known
	}
	return &view
}

func (p *plane) Changed() <-chan struct{} { return p.changed }

type fixedKeys struct{ missing bool }

func (f *fixedKeys) Config() ([seal.KeySize]byte, bool) { return [seal.KeySize]byte{7}, !f.missing }
func (f *fixedKeys) Changed() <-chan struct{}           { return nil }

// recorder keeps events as "Name type reason".
type recorder struct{ events []string }

func (r *recorder) Eventf(regarding, _ runtime.Object, kind, reason, _, note string, args ...any) {
	object, ok := regarding.(client.Object)
	if !ok {
		return
	}
	_ = fmt.Sprintf(note, args...)
	r.events = append(r.events, object.GetName()+" "+kind+" "+reason)
}

// bench are both reconcilers on an API server of their own.
type bench struct {
	*reconcilers
	client client.Client
	plane  *plane
	keys   *fixedKeys
	events *recorder
	now    time.Time
	writes int
}

func newBench(t *testing.T, objects ...client.Object) *bench {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	b := &bench{plane: &plane{changed: make(chan struct{}, 1)}, keys: &fixedKeys{}, events: &recorder{}, now: time.Now()}
	b.client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.CMETarget{}, &v1alpha1.Line{}, &v1alpha1.CTIUser{}).
		WithInterceptorFuncs(interceptor.Funcs{SubResourcePatch: func(ctx context.Context, access client.Client, sub string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
			b.writes++
			return access.SubResource(sub).Patch(ctx, object, patch, options...)
		}}).Build()
	b.reconcilers = newReconcilers(Options{
		Client: b.client, Namespace: namespace, DataPlane: b.plane, Keys: b.keys, Events: b.events, DrainTimeout: time.Minute,
		Now: func() time.Time { return b.now }, Logger: slog.New(slog.DiscardHandler),
	})
	return b
}

// run reconciles everything and every status once.
func (b *bench) run(t *testing.T) time.Duration {
	t.Helper()
	result, err := b.configuration.Reconcile(t.Context(), everything{})
	if err != nil {
		t.Fatal(err)
	}
	b.statusesOnce(t)
	return result.RequeueAfter
}

func (b *bench) statusesOnce(t *testing.T) {
	t.Helper()
	found, _ := b.statuses.state.get()
	for _, object := range found.objects() {
		if _, err := b.statuses.Reconcile(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// condition is "status reason" of an object's condition.
func (b *bench) condition(t *testing.T, object client.Object, kind v1alpha1.ConditionType) string {
	t.Helper()
	if err := b.client.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		t.Fatal(err)
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
	if found == nil {
		return ""
	}
	return string(found.Status) + " " + found.Reason
}

func (b *bench) expect(t *testing.T, object client.Object, want map[v1alpha1.ConditionType]string) {
	t.Helper()
	for kind, text := range want {
		if got := b.condition(t, object, kind); got != text {
			t.Errorf("%s %s: %q, want %q", object.GetName(), kind, got, text)
		}
	}
}

func objectMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace, Generation: 1}
}

func office() *v1alpha1.CMETarget {
	return &v1alpha1.CMETarget{ObjectMeta: objectMeta("office"), Spec: v1alpha1.CMETargetSpec{SIP: v1alpha1.TargetSIP{Domains: []string{"office.example"}}}}
}

func alice() *v1alpha1.Line {
	return &v1alpha1.Line{ObjectMeta: objectMeta("alice"), Spec: v1alpha1.LineSpec{Target: "office", Number: "1001", Devices: []v1alpha1.LineDevice{
		{Name: "desk", SIP: &v1alpha1.SIPDevice{PasswordSecretRef: v1alpha1.SecretKeyReference{Name: "passwords", Key: "phone"}}},
	}}}
}

func crm() *v1alpha1.CTIUser {
	return &v1alpha1.CTIUser{ObjectMeta: objectMeta("crm"), Spec: v1alpha1.CTIUserSpec{
		PasswordSecretRef: v1alpha1.SecretKeyReference{Name: "passwords", Key: "user"},
		Lines:             []v1alpha1.LineGrant{{Target: "office", Number: "1001", Rights: []v1alpha1.Right{v1alpha1.RightMonitor}}},
	}}
}

func passwords() *corev1.Secret {
	return &corev1.Secret{Name: "passwords", Namespace: namespace, Data: map[string][]byte{"phone": []byte("horse-battery"), "user": []byte("staple")}}
}

func owned() map[string]dataplane.Target {
	return map[string]dataplane.Target{"office": {Owner: "pc-0", Report: &dataplane.Report{Lines: map[string]dataplane.LineReport{}}}}
}

func TestStatusIsWrittenOnlyWhenItChanges(t *testing.T) {
	b := newBench(t, office(), alice(), crm(), passwords())
	b.plane.view.Targets = owned()
	b.run(t)
	for _, object := range []client.Object{office(), alice(), crm()} {
		b.expect(t, object, map[v1alpha1.ConditionType]string{
			v1alpha1.ConditionAccepted: "True Accepted", v1alpha1.ConditionResolvedRefs: "True ResolvedRefs",
			v1alpha1.ConditionConnected: "True Connected", v1alpha1.ConditionReady: "True Ready",
		})
	}
	if b.writes != 3 || len(b.events.events) != 3 {
		t.Errorf("%d writes and events %v, want three each", b.writes, b.events.events)
	}
	b.now = b.now.Add(time.Hour)
	b.run(t)
	b.run(t)
	if b.writes != 3 || len(b.events.events) != 3 {
		t.Errorf("%d writes and events %v after nothing changed", b.writes, b.events.events)
	}
	b.plane.view.Users = map[string]dataplane.User{"crm": {Sessions: 2}}
	b.refresh()
	b.statusesOnce(t)
	user := crm()
	b.condition(t, user, v1alpha1.ConditionReady)
	if user.Status.Sessions != 2 || b.writes != 4 || len(b.events.events) != 3 {
		t.Errorf("sessions %d, %d writes, events %v", user.Status.Sessions, b.writes, b.events.events)
	}
}

func TestConditionsSayWhatIsWrong(t *testing.T) {
	for name, test := range map[string]struct {
		spoil  func(*v1alpha1.CMETarget, *v1alpha1.Line, *v1alpha1.CTIUser, *corev1.Secret)
		object client.Object
		kind   v1alpha1.ConditionType
		want   string
	}{
		"Invalid": {func(_ *v1alpha1.CMETarget, l *v1alpha1.Line, _ *v1alpha1.CTIUser, _ *corev1.Secret) {
			l.Spec.Number = "1 2"
		},
			alice(), v1alpha1.ConditionAccepted, "False Invalid"},
		"Conflict": {func(c *v1alpha1.CMETarget, _ *v1alpha1.Line, _ *v1alpha1.CTIUser, _ *corev1.Secret) {
			c.Spec.Features.ParkSlots = []string{"1001"}
		}, office(), v1alpha1.ConditionAccepted, "False Conflict"},
		"TargetNotFound": {func(_ *v1alpha1.CMETarget, l *v1alpha1.Line, _ *v1alpha1.CTIUser, _ *corev1.Secret) {
			l.Spec.Target = "x"
		},
			alice(), v1alpha1.ConditionResolvedRefs, "False TargetNotFound"},
		"LineNotFound": {func(_ *v1alpha1.CMETarget, _ *v1alpha1.Line, u *v1alpha1.CTIUser, _ *corev1.Secret) {
			u.Spec.Lines[0].Number = "1002"
		},
			crm(), v1alpha1.ConditionResolvedRefs, "False LineNotFound"},
		"UserNotFound": {func(c *v1alpha1.CMETarget, _ *v1alpha1.Line, _ *v1alpha1.CTIUser, _ *corev1.Secret) {
			c.Spec.SessionManagers = []v1alpha1.SessionManager{{RegisterID: "app", User: "x"}}
		}, office(), v1alpha1.ConditionResolvedRefs, "False UserNotFound"},
		"SecretNotFound": {func(_ *v1alpha1.CMETarget, l *v1alpha1.Line, _ *v1alpha1.CTIUser, _ *corev1.Secret) {
			l.Spec.Devices[0].SIP.PasswordSecretRef.Name = "x"
		}, alice(), v1alpha1.ConditionResolvedRefs, "False SecretNotFound"},
		"SecretKeyMissing": {func(_ *v1alpha1.CMETarget, _ *v1alpha1.Line, _ *v1alpha1.CTIUser, s *corev1.Secret) {
			delete(s.Data, "user")
		},
			crm(), v1alpha1.ConditionResolvedRefs, "False SecretKeyMissing"},
	} {
		t.Run(name, func(t *testing.T) {
			target, line, user, secret := office(), alice(), crm(), passwords()
			test.spoil(target, line, user, secret)
			b := newBench(t, target, line, user, secret)
			b.plane.view.Targets = owned()
			b.run(t)
			b.expect(t, test.object, map[v1alpha1.ConditionType]string{test.kind: test.want, v1alpha1.ConditionReady: test.want})
		})
	}
}

func TestConnectedFollowsTheDataPlane(t *testing.T) {
	for name, test := range map[string]struct {
		set  func(*plane)
		want string
	}{
		"no owner": {func(*plane) {}, "False NoOwner"},
		"not taken yet": {func(p *plane) {
			p.refuses = true
			p.view.Targets = owned()
		}, "False Pending"},
		"refused": {func(p *plane) {
			p.refuses = true
			p.view.Targets = map[string]dataplane.Target{"office": {Owner: "pc-0", Refusal: "no"}}
		}, "False Refused"},
		"refused by an edge": {func(p *plane) {
			p.view.Targets = map[string]dataplane.Target{"office": {Owner: "pc-0", Refusals: []string{"sip-edge.e-0: no"}}}
		}, "False Refused"},
		"NATS away": {func(p *plane) { p.err = dataplane.ErrNotConnected }, "Unknown NATSUnavailable"},
		"connected": {func(p *plane) { p.view.Targets = owned() }, "True Connected"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, office(), alice(), crm(), passwords())
			test.set(b.plane)
			again := b.run(t)
			for _, object := range []client.Object{office(), alice(), crm()} {
				b.expect(t, object, map[v1alpha1.ConditionType]string{v1alpha1.ConditionConnected: test.want, v1alpha1.ConditionAccepted: "True Accepted"})
			}
			if (again > 0) != (b.plane.err != nil) {
				t.Errorf("tried again in %s", again)
			}
		})
	}
}

func TestNATSThatComesBackGetsWhatWaited(t *testing.T) {
	b := newBench(t, office(), alice(), crm(), passwords())
	b.plane.view.Targets = owned()
	b.run(t)
	b.plane.err = errors.New("NATS is away")
	line := alice()
	b.condition(t, line, v1alpha1.ConditionReady)
	line.Spec.DisplayName = "Alice"
	if err := b.client.Update(t.Context(), line); err != nil {
		t.Fatal(err)
	}
	before := b.plane.held["office"].GetVersion()
	b.run(t)
	if b.plane.held["office"].GetVersion() != before {
		t.Error("published to a NATS that is away")
	}
	b.plane.err = nil
	if !b.refresh() {
		t.Error("what waits is forgotten")
	}
	b.run(t)
	if b.plane.held["office"].GetLines()[0].GetDisplayName() != "Alice" {
		t.Errorf("line %v", b.plane.held["office"].GetLines()[0])
	}
	// A NATS that lost its data gets everything anew.
	b.plane.held = nil
	if !b.refresh() {
		t.Error("the loss is not seen")
	}
	b.run(t)
	if b.plane.held["office"] == nil {
		t.Error("the configuration is not there again")
	}
}

func TestTargetsAreDrainedBeforeTheyGo(t *testing.T) {
	for name, test := range map[string]struct {
		// step does something before each pass; the target must be there before
		// and gone after the last.
		steps []func(*bench)
	}{
		"nothing left": {[]func(*bench){
			func(*bench) {}, // in drain
			func(*bench) {}, // the owner took it
			func(b *bench) { b.report(0, 0) },
		}},
		"calls left": {[]func(*bench){
			func(b *bench) { b.report(2, 0) }, func(b *bench) { b.report(2, 0) }, func(b *bench) { b.report(1, 0) }, func(b *bench) { b.report(0, 0) },
		}},
		"sessions left": {[]func(*bench){
			func(b *bench) { b.report(0, 1) }, func(b *bench) { b.report(0, 1) }, func(b *bench) { b.report(0, 0) }, func(b *bench) { b.report(0, 0) },
		}},
		"the time is over": {[]func(*bench){
			func(b *bench) { b.report(3, 3) }, func(b *bench) { b.report(3, 3) }, func(b *bench) { b.now = b.now.Add(2 * time.Minute) },
		}},
		"NATS stays away": {[]func(*bench){
			func(b *bench) { b.plane.err = errors.New("away") }, func(*bench) {}, func(b *bench) { b.now = b.now.Add(2 * time.Minute) },
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, office(), alice(), passwords())
			b.plane.view.Targets = owned()
			b.run(t)
			target := office()
			b.condition(t, target, v1alpha1.ConditionReady)
			if !slices.Contains(target.Finalizers, Finalizer) {
				t.Fatalf("finalizers %v", target.Finalizers)
			}
			if err := b.client.Delete(t.Context(), target); err != nil {
				t.Fatal(err)
			}
			for i, step := range test.steps {
				b.now = b.now.Add(time.Second)
				step(b)
				again := b.run(t)
				err := b.client.Get(t.Context(), client.ObjectKeyFromObject(target), target)
				if i == len(test.steps)-1 {
					if !apierrors.IsNotFound(err) {
						t.Errorf("the target is there still: %v, %v", err, target.Status)
					}
					if b.plane.err == nil && b.plane.held["office"] != nil {
						t.Error("the data plane holds it still")
					}
					return
				}
				if err != nil {
					t.Fatalf("pass %d: %v", i, err)
				}
				if again == 0 {
					t.Errorf("pass %d: nobody looks again", i)
				}
				if b.plane.err == nil && !b.plane.held["office"].GetDrain() {
					t.Errorf("pass %d: not in drain", i)
				}
				b.expect(t, target, map[v1alpha1.ConditionType]string{v1alpha1.ConditionReady: strings.Replace(b.condition(t, target, v1alpha1.ConditionDraining), "True", "False", 1)})
			}
		})
	}
}

func (b *bench) report(calls, sessions int) {
	known := b.plane.view.Targets["office"]
	known.Sessions = sessions
	known.Report = &dataplane.Report{At: b.now, Calls: calls}
	b.plane.view.Targets["office"] = known
}

func TestReleasedTargetsStayReleasedUntilReclaimed(t *testing.T) {
	b := newBench(t, office())
	b.run(t)
	if err := Release(t.Context(), b.client, namespace); err != nil {
		t.Fatal(err)
	}
	b.run(t)
	target := office()
	b.condition(t, target, v1alpha1.ConditionReady)
	if len(target.Finalizers) != 0 {
		t.Errorf("finalizers %v after the release", target.Finalizers)
	}
	if err := Reclaim(t.Context(), b.client, namespace); err != nil {
		t.Fatal(err)
	}
	b.run(t)
	b.condition(t, target, v1alpha1.ConditionReady)
	if len(target.Finalizers) != 1 || target.Annotations[ReleasedAnnotation] != "" {
		t.Errorf("finalizers %v, annotations %v after it was taken back", target.Finalizers, target.Annotations)
	}
}

func TestNothingIsDoneWithoutTheKey(t *testing.T) {
	b := newBench(t, office())
	b.keys.missing = true
	result, err := b.configuration.Reconcile(t.Context(), everything{})
	if err != nil || result.RequeueAfter == 0 || b.plane.held != nil {
		t.Errorf("result %v, %v", result, err)
	}
	if _, err := b.statuses.Reconcile(t.Context(), translate.Object{Kind: v1alpha1.KindCMETarget, Name: "office"}); err != nil {
		t.Error(err)
	}
}

func TestPasswordsAppearNowhere(t *testing.T) {
	secret := passwords()
	secret.Data["user"] = []byte("staple\nx")
	b := newBench(t, office(), alice(), crm(), secret)
	b.plane.view.Targets = owned()
	b.run(t)
	user, line := crm(), alice()
	b.condition(t, user, v1alpha1.ConditionReady)
	b.condition(t, line, v1alpha1.ConditionReady)
	text := fmt.Sprint(user.Status, line.Status, b.events.events, b.plane.held)
	if strings.Contains(text, "staple") || strings.Contains(text, "horse-battery") {
		t.Error("a password is in a status, an event or a configuration")
	}
}
