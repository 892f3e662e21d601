// SPDX-License-Identifier: Apache-2.0

package render

import (
	"google.golang.org/protobuf/types/known/durationpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"offhook.dev/operator/api/v1alpha1"
	configv1 "offhook.dev/proto/offhook/config/v1"
)

func skinnyDriver(spec *v1alpha1.SkinnyDriver) *configv1.Skinny {
	if spec == nil {
		return nil
	}
	return &configv1.Skinny{
		Keepalive:          duration(spec.Keepalive),
		NoAnswerTimeout:    optionalDuration(spec.NoAnswerTimeout),
		PromptTimeout:      optionalDuration(spec.PromptTimeout),
		InterdigitTimeout:  duration(spec.InterdigitTimeout),
		MaxProtocolVersion: count(spec.MaxProtocolVersion),
		DateTemplate:       spec.DateTemplate,
		TimeZone:           spec.TimeZone,
		AutoAssign:         spec.AutoAssign,
		Voicemail:          spec.Voicemail,
		DndSilent:          spec.DNDSilent,
	}
}

func skinnyPhone(spec *v1alpha1.SkinnyDevice) *configv1.SkinnyPhone {
	phone := &configv1.SkinnyPhone{
		DeviceName: spec.DeviceName(), Model: spec.Model, Button: count(spec.Button), SilentRing: spec.SilentRing,
	}
	for _, button := range spec.Buttons {
		phone.Buttons = append(phone.Buttons, &configv1.SkinnyButton{
			Button: count(&button.Button), Type: skinnyButtonType(button.Type), Number: button.Number, Label: button.Label,
		})
	}
	return phone
}

func skinnyButtonType(kind v1alpha1.SkinnyButtonType) configv1.SkinnyButtonType {
	return map[v1alpha1.SkinnyButtonType]configv1.SkinnyButtonType{
		v1alpha1.SkinnySpeedDial:    configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_SPEED_DIAL,
		v1alpha1.SkinnyBLFSpeedDial: configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_BLF_SPEED_DIAL,
		v1alpha1.SkinnyDoNotDisturb: configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_DO_NOT_DISTURB,
		v1alpha1.SkinnyForwardAll:   configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_FORWARD_ALL,
	}[kind]
}

// optionalDuration leaves out what the manifest and its defaults leave out.
func optionalDuration(value *metav1.Duration) *durationpb.Duration {
	if value == nil {
		return nil
	}
	return duration(value)
}
