// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"fmt"
	"slices"

	"offhook.dev/operator/api/v1alpha1"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

func dialPlan(spec *v1alpha1.DialPlan) *configv1.DialPlan {
	if spec == nil {
		return nil
	}
	plan := &configv1.DialPlan{
		CountryCode: spec.CountryCode, AreaCode: spec.AreaCode, OfficeCode: spec.OfficeCode,
		ExternalPrefix: spec.ExternalPrefix, InternationalPrefix: spec.InternationalPrefix, NationalPrefix: spec.NationalPrefix,
		ExtensionLength: count(spec.ExtensionLength),
	}
	for _, rule := range spec.Rules {
		plan.Rules = append(plan.Rules, &configv1.DialRule{
			Pattern: rule.Pattern, Strip: count(&rule.Strip), Prefix: rule.Prefix, Action: map[v1alpha1.DialAction]configv1.DialAction{
				v1alpha1.DialRoute: configv1.DialAction_DIAL_ACTION_ROUTE,
				v1alpha1.DialTrunk: configv1.DialAction_DIAL_ACTION_TRUNK,
				v1alpha1.DialBlock: configv1.DialAction_DIAL_ACTION_BLOCK,
			}[rule.Action],
		})
	}
	return plan
}

func (r *renderer) trunk(spec *v1alpha1.Trunk) (*configv1.Trunk, error) {
	if spec == nil {
		return nil, nil //nolint:nilnil // a target may have none
	}
	trunk := &configv1.Trunk{
		Name: spec.Name, Uri: spec.URI, AcceptFrom: spec.AcceptFrom, MaxCalls: count(spec.MaxCalls), E164: spec.E164,
	}
	if spec.Auth == nil {
		return trunk, nil
	}
	password, ok := r.set.Password(spec.Auth.PasswordSecretRef)
	if !ok {
		return nil, fmt.Errorf("trunk %s: %w", spec.Name, errNoPassword)
	}
	// The peer names the realm, so there is no HA1 to seal.
	credential, err := r.sealSecret(&configv1.DigestSecret{Password: password}, seal.TrunkPlace(r.target.Name))
	if err != nil {
		return nil, fmt.Errorf("trunk %s: %w", spec.Name, err)
	}
	trunk.Username, trunk.Credential = spec.Auth.Username, credential
	return trunk, nil
}

func media(spec v1alpha1.TargetMedia) *configv1.Media {
	return &configv1.Media{
		MusicOnHold: map[v1alpha1.MusicOnHold]configv1.MusicOnHold{
			v1alpha1.MusicOnHoldNone:    configv1.MusicOnHold_MUSIC_ON_HOLD_NONE,
			v1alpha1.MusicOnHoldSilence: configv1.MusicOnHold_MUSIC_ON_HOLD_SILENCE,
			v1alpha1.MusicOnHoldMusic:   configv1.MusicOnHold_MUSIC_ON_HOLD_MUSIC,
		}[spec.MusicOnHold],
		ConferenceParties: count(spec.ConferenceParties),
	}
}

func features(spec v1alpha1.TargetFeatures) *configv1.Features {
	return &configv1.Features{
		ParkSlots: spec.ParkSlots, ParkTimeout: duration(spec.ParkTimeout), RouteTimeout: duration(spec.RouteTimeout),
		RingDuration: duration(spec.RingDuration), MaxRedirections: count(spec.MaxRedirections),
		CallBackTimeout: duration(spec.CallBackTimeout), FailedTime: duration(spec.FailedTime),
	}
}

func sessionManagers(specs []v1alpha1.SessionManager) []*configv1.SessionManager {
	managers := make([]*configv1.SessionManager, 0, len(specs))
	for _, spec := range specs {
		managers = append(managers, &configv1.SessionManager{
			RegisterId: spec.RegisterID, User: spec.User, Keepalive: duration(spec.Keepalive), CtiAware: spec.CTIAware,
		})
	}
	slices.SortFunc(managers, func(a, b *configv1.SessionManager) int { return cmp.Compare(a.RegisterId, b.RegisterId) })
	return managers
}

func forwardings(specs []v1alpha1.Forwarding) []*configv1.Forwarding {
	settings := make([]*configv1.Forwarding, 0, len(specs))
	for _, spec := range specs {
		settings = append(settings, &configv1.Forwarding{Type: string(spec.Type), ForwardDn: spec.ForwardDN, RingCount: count(spec.RingCount)})
	}
	return settings
}

func lineKind(kind v1alpha1.LineKind) configv1.LineKind {
	if kind == v1alpha1.LineRouteing {
		return configv1.LineKind_LINE_KIND_ROUTEING
	}
	return configv1.LineKind_LINE_KIND_STATION
}
