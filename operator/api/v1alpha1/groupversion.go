// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kinds of this package.
const (
	KindCMETarget = "CMETarget"
	KindLine      = "Line"
	KindCTIUser   = "CTIUser"
)

// GroupName of this package's kinds.
const GroupName = "cti.offhook.dev"

// SchemeGroupVersion is the group and version of this package's kinds.
func SchemeGroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}
}

// AddToScheme makes the kinds known to a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	version := SchemeGroupVersion()
	scheme.AddKnownTypes(version, &CMETarget{}, &CMETargetList{}, &Line{}, &LineList{}, &CTIUser{}, &CTIUserList{})
	metav1.AddToGroupVersion(scheme, version)
	return nil
}
