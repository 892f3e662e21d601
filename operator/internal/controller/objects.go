// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/translate"
)

// readObjects reads all objects of the namespace and the Secrets they name. The
// result belongs to the cache and must not be changed.
func readObjects(ctx context.Context, reader client.Reader, namespace string) (manifest.Objects, error) {
	var objects manifest.Objects
	options := []client.ListOption{client.InNamespace(namespace), client.UnsafeDisableDeepCopy}
	var targets v1alpha1.CMETargetList
	if err := reader.List(ctx, &targets, options...); err != nil {
		return objects, fmt.Errorf("list targets: %w", err)
	}
	for i := range targets.Items {
		objects.Targets = append(objects.Targets, &targets.Items[i])
	}
	var lines v1alpha1.LineList
	if err := reader.List(ctx, &lines, options...); err != nil {
		return objects, fmt.Errorf("list lines: %w", err)
	}
	for i := range lines.Items {
		objects.Lines = append(objects.Lines, &lines.Items[i])
	}
	var users v1alpha1.CTIUserList
	if err := reader.List(ctx, &users, options...); err != nil {
		return objects, fmt.Errorf("list users: %w", err)
	}
	for i := range users.Items {
		objects.Users = append(objects.Users, &users.Items[i])
	}
	var secrets corev1.SecretList
	if err := reader.List(ctx, &secrets, options...); err != nil {
		return objects, fmt.Errorf("list secrets: %w", err)
	}
	data := make(map[string]map[string][]byte, len(secrets.Items))
	for i := range secrets.Items {
		data[secrets.Items[i].Name] = secrets.Items[i].Data
	}
	objects.Secrets = make(map[string]map[string][]byte)
	for _, name := range translate.Secrets(objects) {
		if found, ok := data[name]; ok {
			objects.Secrets[name] = found
		}
	}
	return objects, nil
}

// generations of objects.
func generations(objects manifest.Objects) map[translate.Object]int64 {
	found := make(map[translate.Object]int64, len(objects.Targets)+len(objects.Lines)+len(objects.Users))
	for _, target := range objects.Targets {
		found[translate.Object{Kind: v1alpha1.KindCMETarget, Name: target.Name}] = target.Generation
	}
	for _, line := range objects.Lines {
		found[translate.Object{Kind: v1alpha1.KindLine, Name: line.Name}] = line.Generation
	}
	for _, user := range objects.Users {
		found[translate.Object{Kind: v1alpha1.KindCTIUser, Name: user.Name}] = user.Generation
	}
	return found
}
