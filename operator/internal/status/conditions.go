// SPDX-License-Identifier: Apache-2.0

package status

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/translate"
)

// maxFaults are listed in a message; the others are counted.
const maxFaults = 10

// judgement are the conditions of an object.
type judgement struct {
	conditions []metav1.Condition
	generation int64
	now        metav1.Time
}

// judge starts from the conditions that an object has: one that does not change
// keeps its time.
func judge(before []metav1.Condition, object *Object) *judgement {
	return &judgement{conditions: slices.Clone(before), generation: object.Generation, now: metav1.NewTime(object.Now)}
}

func (j *judgement) set(kind v1alpha1.ConditionType, status metav1.ConditionStatus, reason v1alpha1.ConditionReason, message string) {
	meta.SetStatusCondition(&j.conditions, metav1.Condition{
		Type: string(kind), Status: status, Reason: string(reason), Message: message,
		ObservedGeneration: j.generation, LastTransitionTime: j.now,
	})
}

func (j *judgement) remove(kind v1alpha1.ConditionType) {
	meta.RemoveStatusCondition(&j.conditions, string(kind))
}

// dangling tells that a fault is about an object that is missing.
func dangling(cause v1alpha1.ConditionReason) bool {
	switch cause {
	case v1alpha1.ReasonTargetNotFound, v1alpha1.ReasonLineNotFound, v1alpha1.ReasonUserNotFound,
		v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretKeyMissing:
		return true
	default:
		return false
	}
}

// faults sets Accepted and ResolvedRefs.
func (j *judgement) faults(faults []translate.Fault, standing translate.Standing) {
	var own, missing []translate.Fault
	for _, fault := range faults {
		if dangling(fault.Cause) {
			missing = append(missing, fault)
		} else {
			own = append(own, fault)
		}
	}
	j.verdict(v1alpha1.ConditionAccepted, v1alpha1.ReasonAccepted, own, standing)
	j.verdict(v1alpha1.ConditionResolvedRefs, v1alpha1.ReasonResolvedRefs, missing, standing)
}

func (j *judgement) verdict(kind v1alpha1.ConditionType, good v1alpha1.ConditionReason, faults []translate.Fault, standing translate.Standing) {
	if len(faults) == 0 {
		j.set(kind, metav1.ConditionTrue, good, "")
		return
	}
	texts := make([]string, 0, maxFaults+2)
	for _, fault := range faults[:min(len(faults), maxFaults)] {
		texts = append(texts, fault.Message)
	}
	if more := len(faults) - maxFaults; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	message := strings.Join(texts, "; ")
	switch standing {
	case translate.Kept:
		message += ". What was in force before stays."
	case translate.InPart:
		message += ". The rest is in force."
	case translate.LeftOut:
		message += ". It is not in force."
	}
	j.set(kind, metav1.ConditionFalse, faults[0].Cause, message)
}

// ready sums the others up: the first that is not true says why.
func (j *judgement) ready() {
	if draining := meta.FindStatusCondition(j.conditions, string(v1alpha1.ConditionDraining)); draining != nil && draining.Status == metav1.ConditionTrue {
		j.set(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ConditionReason(draining.Reason), draining.Message)
		return
	}
	for _, kind := range []v1alpha1.ConditionType{v1alpha1.ConditionAccepted, v1alpha1.ConditionResolvedRefs, v1alpha1.ConditionConnected} {
		if part := meta.FindStatusCondition(j.conditions, string(kind)); part != nil && part.Status != metav1.ConditionTrue {
			j.set(v1alpha1.ConditionReady, part.Status, v1alpha1.ConditionReason(part.Reason), part.Message)
			return
		}
	}
	j.set(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "")
}
