// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SetDefaults fills what the manifest leaves out.
func (t *CMETarget) SetDefaults() {
	spec := &t.Spec
	if spec.SIP.Realm == "" {
		spec.SIP.Realm = "offhook"
		for _, domain := range spec.SIP.Domains {
			if domain != "*" {
				spec.SIP.Realm = domain
				break
			}
		}
	}
	if spec.Driver.Type == "" {
		spec.Driver.Type = DriverSIPLine
	}
	switch spec.Driver.Type {
	case DriverSIPLine:
		if spec.Driver.SIPLine == nil {
			spec.Driver.SIPLine = &SIPLineDriver{}
		}
		line := spec.Driver.SIPLine
		setDuration(&line.MinRegistrationExpiry, time.Minute)
		setDuration(&line.DefaultRegistrationExpiry, 10*time.Minute)
		setDuration(&line.MaxRegistrationExpiry, time.Hour)
		setDuration(&line.NoAnswerTimeout, 3*time.Minute)
		setDuration(&line.PromptTimeout, 30*time.Second)
	case DriverSimulated:
		if spec.Driver.Simulated == nil {
			spec.Driver.Simulated = &SimulatedDriver{}
		}
		simulated := spec.Driver.Simulated
		set(&simulated.AutoAnswer, true)
		setDuration(&simulated.AnswerAfter, 0)
		setDuration(&simulated.NoAnswerTimeout, 3*time.Minute)
		setDuration(&simulated.PromptTimeout, 30*time.Second)
	case DriverSkinny:
		if spec.Driver.Skinny == nil {
			spec.Driver.Skinny = &SkinnyDriver{}
		}
		setDuration(&spec.Driver.Skinny.NoAnswerTimeout, 3*time.Minute)
		setDuration(&spec.Driver.Skinny.PromptTimeout, 30*time.Second)
	}
	spec.Driver.Skinny.setDefaults()
	if spec.CSTA.Mode == "" {
		spec.CSTA.Mode = CSTAModeAdvanced
	}
	setDuration(&spec.CSTA.SessionExpires, 30*time.Minute)
	setDuration(&spec.CSTA.MinSE, 90*time.Second)
	if spec.DialPlan != nil {
		for i := range spec.DialPlan.Rules {
			if spec.DialPlan.Rules[i].Action == "" {
				spec.DialPlan.Rules[i].Action = DialRoute
			}
		}
	}
	spec.Trunk.setDefaults()
	if spec.Media.MusicOnHold == "" {
		spec.Media.MusicOnHold = MusicOnHoldNone
	}
	set(&spec.Media.ConferenceParties, 16)
	spec.Features.setDefaults()
	for i := range spec.SessionManagers {
		setDuration(&spec.SessionManagers[i].Keepalive, 5*time.Minute)
	}
	set(&spec.Limits.Sessions, 10000)
	set(&spec.Limits.MonitorsPerLine, 1000)
	set(&spec.Limits.CallsPerLine, 4)
	set(&spec.Limits.Calls, 10000)
}

func (d *SkinnyDriver) setDefaults() {
	if d == nil {
		return
	}
	setDuration(&d.Keepalive, 30*time.Second)
	setDuration(&d.InterdigitTimeout, 10*time.Second)
	set(&d.MaxProtocolVersion, 22)
	if d.DateTemplate == "" {
		d.DateTemplate = "D/M/Y"
	}
	if d.TimeZone == "" {
		d.TimeZone = "UTC"
	}
}

func (t *Trunk) setDefaults() {
	if t == nil {
		return
	}
	if t.Name == "" {
		t.Name = "trunk"
	}
	set(&t.MaxCalls, 30)
	if t.Auth != nil {
		t.Auth.PasswordSecretRef.setDefaults()
	}
}

func (f *TargetFeatures) setDefaults() {
	setDuration(&f.ParkTimeout, 3*time.Minute)
	setDuration(&f.RouteTimeout, 5*time.Second)
	setDuration(&f.RingDuration, 6*time.Second)
	set(&f.MaxRedirections, 8)
	setDuration(&f.CallBackTimeout, time.Hour)
	setDuration(&f.FailedTime, 2*time.Second)
}

// SetDefaults fills what the manifest leaves out.
func (l *Line) SetDefaults() {
	if l.Spec.Kind == "" {
		l.Spec.Kind = LineStation
	}
	for i := range l.Spec.Forwarding {
		if setting := &l.Spec.Forwarding[i]; setting.Type.rings() {
			set(&setting.RingCount, 3)
		}
	}
	set(&l.Spec.Watch, true)
	set(&l.Spec.Control, true)
	for i := range l.Spec.Devices {
		if sip := l.Spec.Devices[i].SIP; sip != nil {
			if sip.Username == "" {
				sip.Username = l.Spec.Number
			}
			if sip.Answer == "" {
				sip.Answer = AnswerAuto
			}
			sip.PasswordSecretRef.setDefaults()
		}
		if skinny := l.Spec.Devices[i].Skinny; skinny != nil {
			set(&skinny.Button, 1)
		}
	}
}

// SetDefaults fills what the manifest leaves out.
func (u *CTIUser) SetDefaults() {
	if u.Spec.User == "" {
		u.Spec.User = u.Name
	}
	u.Spec.PasswordSecretRef.setDefaults()
	set(&u.Spec.Limits.Sessions, 10)
	set(&u.Spec.Limits.Monitors, 1000)
}

func (r *SecretKeyReference) setDefaults() {
	if r.Key == "" {
		r.Key = "password"
	}
}

func set[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

func setDuration(field **metav1.Duration, value time.Duration) {
	set(field, metav1.Duration{Duration: value})
}
