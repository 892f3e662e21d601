// SPDX-License-Identifier: Apache-2.0

package translate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/render"
	"offhook.dev/operator/api/v1alpha1"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

// Object names an object of the namespace.
type Object struct{ Kind, Name string }

// Fault is one thing wrong with an object.
type Fault struct {
	Cause v1alpha1.ConditionReason
	// Message says where and what to do; it holds no secret.
	Message string
}

// Input is what a translation depends on.
type Input struct {
	// Objects of the namespace; they are not changed.
	Objects manifest.Objects
	// Published is what the data plane was given last, by target.
	Published map[string]*configv1.TargetConfig
	// Draining are targets that are being deleted: they take nothing new.
	Draining map[string]bool
	// Key of sealed credentials.
	Key [seal.KeySize]byte
}

// Output is what the data plane must hold, and what is wrong.
type Output struct {
	// Configs by target's name. Those that did not change are the published
	// ones.
	Configs map[string]*configv1.TargetConfig
	// Faults of objects that have any.
	Faults map[Object][]Fault
	// Standing of objects that have faults.
	Standing map[Object]Standing
}

// Standing is what is in force of an object with faults.
type Standing int

// Standings of objects with faults.
const (
	// LeftOut: it is not in the configuration.
	LeftOut Standing = iota
	// Kept: the data plane keeps what it was given of it last.
	Kept
	// InPart: all of it is in force but what names something missing.
	InPart
)

// Translate judges and renders objects. Where two claim the same, the older one
// has it. A configuration that the data plane would refuse is not given to it.
func Translate(input Input) (Output, error) {
	objects := input.Objects
	objects.Targets = byAge(objects.Targets)
	objects.Lines = byAge(objects.Lines)
	objects.Users = byAge(objects.Users)
	t := translation{
		input: input, objects: objects,
		output: Output{Configs: map[string]*configv1.TargetConfig{}, Faults: map[Object][]Fault{}, Standing: map[Object]Standing{}},
	}
	set, faults := manifest.FromObjects(t.drained())
	for _, fault := range faults {
		t.fault(Object{Kind: fault.Kind, Name: fault.Name}, fault.Cause, message(fault))
	}
	rendered, err := render.Render(set, input.Key)
	if err != nil {
		return Output{}, err //nolint:wrapcheck // it says what it did
	}
	t.partly = map[Object]bool{}
	for _, user := range set.Users {
		if object := (Object{Kind: v1alpha1.KindCTIUser, Name: user.Name}); len(t.output.Faults[object]) > 0 {
			t.partly[object] = true
			t.output.Standing[object] = InPart
		}
	}
	t.published = usable(input.Key, input.Published)
	wanted := map[string]*configv1.TargetConfig{}
	for _, config := range rendered {
		wanted[config.GetTarget()] = config
	}
	for _, target := range objects.Targets {
		config, err := t.settle(target.Name, wanted[target.Name])
		if err != nil {
			return Output{}, err
		}
		if config != nil {
			t.output.Configs[target.Name] = config
		}
	}
	t.rehearse()
	return t.output, nil
}

type translation struct {
	input   Input
	objects manifest.Objects
	// published are the configurations that the data plane can read.
	published map[string]*configv1.TargetConfig
	// partly are the faulty users that are rendered in part.
	partly map[Object]bool
	output Output
}

// drained gives the objects with the targets that are being deleted in drain.
func (t *translation) drained() manifest.Objects {
	objects := t.objects
	objects.Targets = slices.Clone(objects.Targets)
	for i, target := range objects.Targets {
		if t.input.Draining[target.Name] {
			target = target.DeepCopy()
			target.Spec.Maintenance.Drain = true
			objects.Targets[i] = target
		}
	}
	return objects
}

func (t *translation) fault(object Object, cause v1alpha1.ConditionReason, text string) {
	t.output.Faults[object] = append(t.output.Faults[object], Fault{Cause: cause, Message: text})
}

// settle gives a target's configuration: as rendered, with what its faulty
// lines and users had before; or, for a faulty target, the one before. Nil:
// there is none.
func (t *translation) settle(target string, rendered *configv1.TargetConfig) (*configv1.TargetConfig, error) {
	published := t.published[target]
	if rendered == nil {
		if published == nil {
			return nil, nil //nolint:nilnil // a target that was never good has none
		}
		t.output.Standing[Object{Kind: v1alpha1.KindCMETarget, Name: target}] = Kept
		t.keepAll(published)
		if t.input.Draining[target] && !published.GetDrain() {
			return t.inDrain(published)
		}
		return published, nil
	}
	kept := t.keep(rendered, published)
	if len(kept) > 0 {
		if same, err := t.same(rendered, published); same || err != nil {
			return published, err
		}
		version, err := digest(rendered.GetVersion(), kept...)
		if err != nil {
			return nil, err
		}
		rendered.Version = version
	}
	if published.GetVersion() == rendered.GetVersion() {
		return published, nil
	}
	return rendered, nil
}

// keep adds to a rendering what faulty lines and users had in the one before,
// and returns what it added.
func (t *translation) keep(rendered, published *configv1.TargetConfig) []proto.Message {
	var kept []proto.Message
	for _, line := range published.GetLines() {
		if t.stays(v1alpha1.KindLine, line.GetName()) {
			rendered.Lines = append(rendered.Lines, line)
			kept = append(kept, line)
		}
	}
	for _, user := range published.GetUsers() {
		if t.stays(v1alpha1.KindCTIUser, user.GetName()) {
			rendered.Users = append(rendered.Users, user)
			kept = append(kept, user)
		}
	}
	for _, user := range rendered.Users {
		for _, right := range t.rights(rendered, published, user) {
			user.Lines = append(user.Lines, right)
			kept = append(kept, right)
		}
		slices.SortFunc(user.Lines, func(a, b *configv1.LineRights) int { return cmp.Compare(a.GetNumber(), b.GetNumber()) })
	}
	slices.SortFunc(rendered.Lines, func(a, b *configv1.Line) int { return cmp.Compare(a.GetNumber(), b.GetNumber()) })
	slices.SortFunc(rendered.Users, func(a, b *configv1.CTIUser) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return kept
}

// rights are those of a user rendered in part, on lines that are kept: its
// grants dangle only because the lines have faults.
func (t *translation) rights(rendered, published *configv1.TargetConfig, user *configv1.CTIUser) []*configv1.LineRights {
	if !t.partly[Object{Kind: v1alpha1.KindCTIUser, Name: user.GetName()}] {
		return nil
	}
	before := slices.IndexFunc(published.GetUsers(), func(u *configv1.CTIUser) bool { return u.GetName() == user.GetName() })
	written := slices.IndexFunc(t.objects.Users, func(u *v1alpha1.CTIUser) bool { return u.Name == user.GetName() })
	if before < 0 || written < 0 {
		return nil
	}
	var kept []*configv1.LineRights
	for _, right := range published.GetUsers()[before].GetLines() {
		number := right.GetNumber()
		granted := slices.ContainsFunc(t.objects.Users[written].Spec.Lines, func(g v1alpha1.LineGrant) bool {
			return g.Target == rendered.GetTarget() && g.Number == number
		})
		there := slices.ContainsFunc(rendered.GetLines(), func(l *configv1.Line) bool { return l.GetNumber() == number })
		has := slices.ContainsFunc(user.GetLines(), func(r *configv1.LineRights) bool { return r.GetNumber() == number })
		if granted && there && !has {
			kept = append(kept, right)
		}
	}
	return kept
}

// keepAll marks the faulty lines and users of a configuration that stays as it
// is.
func (t *translation) keepAll(published *configv1.TargetConfig) {
	for _, line := range published.GetLines() {
		t.stays(v1alpha1.KindLine, line.GetName())
	}
	for _, user := range published.GetUsers() {
		t.stays(v1alpha1.KindCTIUser, user.GetName())
	}
}

// stays tells, and marks, that a published object has faults and is kept.
func (t *translation) stays(kind, name string) bool {
	object := Object{Kind: kind, Name: name}
	if len(t.output.Faults[object]) == 0 || t.partly[object] {
		return false
	}
	t.output.Standing[object] = Kept
	return true
}

func (t *translation) inDrain(published *configv1.TargetConfig) (*configv1.TargetConfig, error) {
	config := proto.CloneOf(published)
	config.Drain = true
	version, err := digest(published.GetVersion(), config)
	config.Version = version
	return config, err
}

// byAge sorts objects: the oldest first, by name where they are of one age.
func byAge[T metav1.Object](objects []T) []T {
	sorted := slices.Clone(objects)
	slices.SortFunc(sorted, func(a, b T) int {
		return cmp.Or(a.GetCreationTimestamp().Compare(b.GetCreationTimestamp().Time), strings.Compare(a.GetName(), b.GetName()))
	})
	return sorted
}

func message(fault manifest.Fault) string {
	if fault.Field == "" {
		return fault.Reason
	}
	return fmt.Sprintf("%s: %s", fault.Field, fault.Reason)
}

// Secrets are the names of the Secrets that objects refer to, sorted.
func Secrets(objects manifest.Objects) []string {
	names := map[string]struct{}{}
	for _, target := range objects.Targets {
		if trunk := target.Spec.Trunk; trunk != nil && trunk.Auth != nil {
			names[trunk.Auth.PasswordSecretRef.Name] = struct{}{}
		}
	}
	for _, line := range objects.Lines {
		for _, device := range line.Spec.Devices {
			if device.SIP != nil {
				names[device.SIP.PasswordSecretRef.Name] = struct{}{}
			}
		}
	}
	for _, user := range objects.Users {
		names[user.Spec.PasswordSecretRef.Name] = struct{}{}
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}
