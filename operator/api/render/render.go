// SPDX-License-Identifier: Apache-2.0

// Package render turns manifests into the plain configuration of the data
// plane, one per target. It is pure but for the random nonces of sealed
// credentials: equal manifests and key give equal versions. No password and no
// digest value leaves it in clear.
package render

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/known/durationpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/v1alpha1"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

// Render gives the configuration of every target of a set, sorted by name,
// with credentials sealed under key.
func Render(set *manifest.Set, key [seal.KeySize]byte) ([]*configv1.TargetConfig, error) {
	configs := make([]*configv1.TargetConfig, 0, len(set.Targets))
	for _, target := range set.Targets {
		r := renderer{set: set, key: key, target: target, realm: target.Spec.SIP.Realm}
		config, err := r.config()
		if err != nil {
			return nil, fmt.Errorf("render target %s: %w", target.Name, err)
		}
		configs = append(configs, config)
	}
	return configs, nil
}

type renderer struct {
	set    *manifest.Set
	key    [seal.KeySize]byte
	target *v1alpha1.CMETarget
	realm  string
	// marks stand for the sealed credentials in the version, in order.
	marks [][]byte
}

func (r *renderer) config() (*configv1.TargetConfig, error) {
	spec := r.target.Spec
	config := &configv1.TargetConfig{
		Target: r.target.Name,
		Sip:    &configv1.SIP{Domains: spec.SIP.Domains, Realm: r.realm},
		Driver: driver(spec.Driver),
		Csta: &configv1.CSTA{
			Mode:           map[v1alpha1.CSTAMode]configv1.Mode{v1alpha1.CSTAModeAdvanced: configv1.Mode_MODE_ADVANCED, v1alpha1.CSTAModeBasic: configv1.Mode_MODE_BASIC}[spec.CSTA.Mode],
			SessionExpires: duration(spec.CSTA.SessionExpires), MinSe: duration(spec.CSTA.MinSE),
			SuppressDeviceIdConversion: spec.CSTA.SuppressDeviceIDConversion,
		},
		Limits: &configv1.Limits{
			Sessions: count(spec.Limits.Sessions), MonitorsPerLine: count(spec.Limits.MonitorsPerLine),
			CallsPerLine: count(spec.Limits.CallsPerLine), Calls: count(spec.Limits.Calls),
		},
		Drain:    spec.Maintenance.Drain,
		DialPlan: dialPlan(spec.DialPlan), Media: media(spec.Media), Features: features(spec.Features),
		SessionManagers: sessionManagers(spec.SessionManagers),
	}
	trunk, err := r.trunk(spec.Trunk)
	if err != nil {
		return nil, err
	}
	config.Trunk = trunk
	for _, line := range r.set.Lines {
		if line.Spec.Target != r.target.Name {
			continue
		}
		rendered, err := r.line(line)
		if err != nil {
			return nil, err
		}
		config.Lines = append(config.Lines, rendered)
	}
	slices.SortFunc(config.Lines, func(a, b *configv1.Line) int { return cmp.Compare(a.Number, b.Number) })
	for _, user := range r.set.Users {
		rendered, err := r.user(user)
		if err != nil {
			return nil, err
		}
		if rendered != nil {
			config.Users = append(config.Users, rendered)
		}
	}
	version, err := r.version(config)
	if err != nil {
		return nil, err
	}
	config.Version = version
	return config, nil
}

func driver(spec v1alpha1.TargetDriver) *configv1.Driver {
	switch spec.Type {
	case v1alpha1.DriverSkinny:
		return &configv1.Driver{Skinny: skinnyDriver(spec.Skinny)}
	case v1alpha1.DriverSimulated:
		return &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{
			AutoAnswer: *spec.Simulated.AutoAnswer, AnswerAfter: duration(spec.Simulated.AnswerAfter),
			NoAnswerTimeout: duration(spec.Simulated.NoAnswerTimeout), PromptTimeout: duration(spec.Simulated.PromptTimeout),
		}}}
	default:
	}
	return &configv1.Driver{Skinny: skinnyDriver(spec.Skinny), Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{
		MinRegistrationExpiry:     duration(spec.SIPLine.MinRegistrationExpiry),
		DefaultRegistrationExpiry: duration(spec.SIPLine.DefaultRegistrationExpiry),
		MaxRegistrationExpiry:     duration(spec.SIPLine.MaxRegistrationExpiry),
		NoAnswerTimeout:           duration(spec.SIPLine.NoAnswerTimeout),
		PromptTimeout:             duration(spec.SIPLine.PromptTimeout),
	}}}
}

func (r *renderer) line(line *v1alpha1.Line) (*configv1.Line, error) {
	rendered := &configv1.Line{
		Name: line.Name, Number: line.Spec.Number, DisplayName: line.Spec.DisplayName,
		Watch: *line.Spec.Watch, Control: *line.Spec.Control, DoNotDisturb: line.Spec.DoNotDisturb,
		CallLimit: count(line.Spec.CallLimit), PickupGroup: line.Spec.PickupGroup, Forwardings: forwardings(line.Spec.Forwarding),
		CallerIdSuppressed: line.Spec.SuppressCallerID, AutoAnswer: line.Spec.AutoAnswer,
		Kind: lineKind(line.Spec.Kind), DefaultRoute: line.Spec.DefaultRoute,
		RemoteNumbers: line.Spec.RemoteNumbers, CtiNotify: line.Spec.CTINotify,
	}
	for _, device := range line.Spec.Devices {
		if device.Skinny != nil {
			rendered.Devices = append(rendered.Devices, &configv1.Device{Name: device.Name, Skinny: skinnyPhone(device.Skinny)})
			continue
		}
		credential, err := r.seal(device.SIP.Username, device.SIP.PasswordSecretRef, seal.DevicePlace(r.target.Name, line.Name, device.Name))
		if err != nil {
			return nil, fmt.Errorf("device %s of line %s: %w", device.Name, line.Name, err)
		}
		rendered.Devices = append(rendered.Devices, &configv1.Device{
			Name: device.Name, Username: device.SIP.Username, Credential: credential, Answer: answer(device.SIP.Answer),
		})
	}
	return rendered, nil
}

func answer(method v1alpha1.AnswerMethod) configv1.AnswerMethod {
	return map[v1alpha1.AnswerMethod]configv1.AnswerMethod{
		v1alpha1.AnswerAuto:             configv1.AnswerMethod_ANSWER_METHOD_AUTO,
		v1alpha1.AnswerNone:             configv1.AnswerMethod_ANSWER_METHOD_NONE,
		v1alpha1.AnswerNotifyTalk:       configv1.AnswerMethod_ANSWER_METHOD_NOTIFY_TALK,
		v1alpha1.AnswerAutoAnswerHeader: configv1.AnswerMethod_ANSWER_METHOD_AUTO_ANSWER_HEADER,
	}[method]
}

// user gives nil for a user without rights in the target.
func (r *renderer) user(user *v1alpha1.CTIUser) (*configv1.CTIUser, error) {
	rendered := &configv1.CTIUser{
		Name: user.Name, User: user.Spec.User,
		MaxSessions: count(user.Spec.Limits.Sessions), MaxMonitors: count(user.Spec.Limits.Monitors),
	}
	for _, grant := range user.Spec.Lines {
		if grant.Target != r.target.Name {
			continue
		}
		rendered.Lines = append(rendered.Lines, &configv1.LineRights{
			Number:  grant.Number,
			Monitor: slices.Contains(grant.Rights, v1alpha1.RightMonitor),
			Control: slices.Contains(grant.Rights, v1alpha1.RightControl),
		})
	}
	if len(rendered.Lines) == 0 {
		return nil, nil //nolint:nilnil // nothing to render is no fault
	}
	slices.SortFunc(rendered.Lines, func(a, b *configv1.LineRights) int { return cmp.Compare(a.Number, b.Number) })
	credential, err := r.seal(user.Spec.User, user.Spec.PasswordSecretRef, seal.UserPlace(r.target.Name, user.Name))
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", user.Name, err)
	}
	rendered.Credential = credential
	return rendered, nil
}

func duration(value *metav1.Duration) *durationpb.Duration { return durationpb.New(value.Duration) }

func count(value *int32) uint32 {
	if value == nil || *value < 0 {
		return 0
	}
	return uint32(*value) // #nosec G115 -- not negative
}
