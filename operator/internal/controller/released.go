// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"offhook.dev/operator/api/v1alpha1"
)

// ReleasedAnnotation on a target says that no operator holds it: it has no
// finalizer until an operator starts anew.
const ReleasedAnnotation = "cti.offhook.dev/released"

// Release lets go of all targets of a namespace, so that they can be deleted
// when there is no operator any more. Run it before an uninstallation.
func Release(ctx context.Context, access client.Client, namespace string) error {
	return each(ctx, access, namespace, func(target *v1alpha1.CMETarget) bool {
		controllerutil.RemoveFinalizer(target, Finalizer)
		if target.Annotations == nil {
			target.Annotations = map[string]string{}
		}
		target.Annotations[ReleasedAnnotation] = "true"
		return true
	})
}

// Reclaim takes back what Release let go of.
func Reclaim(ctx context.Context, access client.Client, namespace string) error {
	return each(ctx, access, namespace, func(target *v1alpha1.CMETarget) bool {
		_, released := target.Annotations[ReleasedAnnotation]
		delete(target.Annotations, ReleasedAnnotation)
		return released
	})
}

func each(ctx context.Context, access client.Client, namespace string, change func(*v1alpha1.CMETarget) bool) error {
	var targets v1alpha1.CMETargetList
	if err := access.List(ctx, &targets, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("list targets: %w", err)
	}
	var failed []error
	for i := range targets.Items {
		before := targets.Items[i].DeepCopy()
		if !change(&targets.Items[i]) {
			continue
		}
		if err := access.Patch(ctx, &targets.Items[i], client.MergeFrom(before)); client.IgnoreNotFound(err) != nil {
			failed = append(failed, fmt.Errorf("change target %s: %w", before.Name, err))
		}
	}
	return errors.Join(failed...)
}
