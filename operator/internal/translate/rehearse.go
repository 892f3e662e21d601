// SPDX-License-Identifier: Apache-2.0

package translate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"offhook.dev/operator/api/v1alpha1"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
	"offhook.dev/services/targetconfig"
)

// usable are the configurations that the data plane can read with a key. What
// it can't read is of no use to keep.
func usable(key [seal.KeySize]byte, published map[string]*configv1.TargetConfig) map[string]*configv1.TargetConfig {
	if accepts(key, published) == nil {
		return maps.Clone(published)
	}
	readable := map[string]*configv1.TargetConfig{}
	for name, config := range published {
		if accepts(key, map[string]*configv1.TargetConfig{name: config}) == nil {
			readable[name] = config
		}
	}
	return readable
}

// rehearse lets changed configurations take effect one after the other as in
// the data plane, in the order that works. One that the data plane would refuse
// is held back: the one before stays, and the target has a fault.
func (t *translation) rehearse() {
	accepted := map[string]*configv1.TargetConfig{}
	pending := map[string]*configv1.TargetConfig{}
	for name, config := range t.output.Configs {
		before := t.published[name]
		if before != nil {
			accepted[name] = before
		}
		if before != config {
			pending[name] = config
		}
	}
	if accepts(t.input.Key, t.output.Configs) == nil {
		return
	}
	for progress := true; progress && len(pending) > 0; {
		progress = false
		for _, name := range slices.Sorted(maps.Keys(pending)) {
			next := maps.Clone(accepted)
			next[name] = pending[name]
			if accepts(t.input.Key, next) != nil {
				continue
			}
			accepted, progress = next, true
			delete(pending, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(pending)) {
		next := maps.Clone(accepted)
		next[name] = pending[name]
		object := Object{Kind: v1alpha1.KindCMETarget, Name: name}
		t.fault(object, v1alpha1.ReasonConflict, fmt.Sprintf("its configuration would be refused: %v", accepts(t.input.Key, next)))
		t.output.Standing[object] = LeftOut
		if accepted[name] != nil {
			t.output.Standing[object] = Kept
		}
	}
	t.output.Configs = accepted
}

// accepts is nil for configurations that the data plane takes together.
func accepts(key [seal.KeySize]byte, configs map[string]*configv1.TargetConfig) error {
	_, err := targetconfig.Build(key, slices.Collect(maps.Values(configs))...)
	return err //nolint:wrapcheck // it says what it did
}

// digest is the version of a configuration that differs from another version by
// some messages.
func digest(version string, messages ...proto.Message) (string, error) {
	sum := sha256.New()
	sum.Write([]byte(version))
	for _, message := range messages {
		encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
		if err != nil {
			return "", fmt.Errorf("encode configuration: %w", err)
		}
		fmt.Fprintf(sum, "\n%d\n", len(encoded))
		sum.Write(encoded)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
