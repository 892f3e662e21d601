// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// RotateAnnotation on the authority's Secret asks for a new authority.
const RotateAnnotation = "cti.offhook.dev/rotate"

// Options are a keeper's dependencies.
type Options struct {
	// Client reads without a cache.
	Client client.Client
	Names  Names
	// Issue makes and renews the authority and certificates; else they are only
	// read.
	Issue bool
	// AuthorityValidity and Validity of the authority and of certificates.
	AuthorityValidity, Validity time.Duration
	// Interval between two looks at the Secrets.
	Interval time.Duration
	// Now is the clock; nil: time.Now.
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *Metrics
}

// Keeper keeps the installation's Secrets. Run it on the leader only.
type Keeper struct {
	options  Options
	Identity *Identity
	Keys     *Keys
}

// NewKeeper gives a keeper with an empty identity and no keys until Run.
func NewKeeper(options Options) *Keeper {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Metrics == nil {
		options.Metrics = NewMetrics(nil)
	}
	return &Keeper{options: options, Identity: newIdentity(), Keys: newKeys()}
}

// Start keeps the Secrets until the context ends. What fails is tried again at
// the next look, at first soon.
func (k *Keeper) Start(ctx context.Context) error {
	wait := min(time.Second, k.options.Interval)
	for {
		next := k.options.Interval
		if err := k.Keep(ctx); err != nil && ctx.Err() == nil {
			k.options.Metrics.failures.Inc()
			k.options.Logger.Error("keep secrets of the installation; it is tried again", "error", err)
			next, wait = wait, min(2*wait, k.options.Interval)
		} else {
			wait = min(time.Second, k.options.Interval)
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// NeedLeaderElection makes the manager run it on the leader.
func (k *Keeper) NeedLeaderElection() bool { return true }

// Keep looks at all Secrets once. It goes on after a failure and joins the
// errors.
func (k *Keeper) Keep(ctx context.Context) error {
	var failed []error
	names := k.options.Names
	key, err := k.keepKeys(ctx, names.ConfigKey(), keyConfig)
	if err == nil {
		err = k.Keys.setConfig(key[keyConfig])
	}
	failed = append(failed, err)
	_, err = k.keepKeys(ctx, names.EdgeKeys(), keyFlowToken, keyNonce)
	failed = append(failed, err)
	system, err := k.keepKeys(ctx, names.NATSSystem(), keySystemPassword)
	if err == nil {
		k.Keys.setSystemPassword(system[keySystemPassword])
	}
	failed = append(failed, err)
	if k.options.Issue {
		failed = append(failed, k.keepCertificates(ctx))
	}
	return errors.Join(append(failed, k.readIdentity(ctx))...)
}

// keepKeys makes a Secret of random keys where it is absent. One that is there
// stays as it is, even where a key is missing: what others wrote is theirs.
func (k *Keeper) keepKeys(ctx context.Context, name string, keys ...string) (map[string][]byte, error) {
	found, err := k.get(ctx, name)
	if err != nil {
		return nil, err
	}
	if found == nil {
		data := map[string][]byte{}
		for _, key := range keys {
			random := make([]byte, 32)
			if _, err := rand.Read(random); err != nil {
				return nil, fmt.Errorf("make key %s: %w", key, err)
			}
			data[key] = []byte(hex.EncodeToString(random))
		}
		if found, err = k.create(ctx, name, corev1.SecretTypeOpaque, data); err != nil {
			return nil, err
		}
	}
	for _, key := range keys {
		if len(found.Data[key]) == 0 {
			return nil, fmt.Errorf("secret %s has no key %s; add it, or delete the Secret to have a new one", name, key)
		}
	}
	return found.Data, nil
}

func (k *Keeper) keepCertificates(ctx context.Context) error {
	signing, err := k.keepAuthority(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, component := range components() {
		failed = append(failed, k.keepCertificate(ctx, component, signing))
	}
	return errors.Join(failed...)
}

func (k *Keeper) keepAuthority(ctx context.Context) (authority, error) {
	name := k.options.Names.Authority()
	found, err := k.get(ctx, name)
	if err != nil {
		return authority{}, err
	}
	var before authority
	rotate := false
	if found != nil {
		if before, err = readAuthority(found.Data); err != nil {
			return authority{}, fmt.Errorf("secret %s: %w; correct it, or delete it to have a new authority", name, err)
		}
		_, rotate = found.Annotations[RotateAnnotation]
	}
	after, changed, err := before.step(k.options.Names, k.options.Now(), k.options.AuthorityValidity, rotate)
	if err != nil {
		return authority{}, err
	}
	k.options.Metrics.expires.WithLabelValues("authority").Set(float64(after.current.leaf.NotAfter.Unix()))
	switch {
	case found == nil:
		_, err = k.create(ctx, name, corev1.SecretTypeTLS, after.data())
	case changed:
		found.Data = after.data()
		if after.next != nil {
			delete(found.Annotations, RotateAnnotation)
		}
		err = k.update(ctx, found)
	}
	return after, err
}

func (k *Keeper) keepCertificate(ctx context.Context, component string, signing authority) error {
	name, now := k.options.Names.Certificate(component), k.options.Now()
	found, err := k.get(ctx, name)
	if err != nil {
		return err
	}
	var held *pair
	if found != nil {
		// One that can't be read is replaced like one that is due.
		held, _ = readPair(found.Data[keyCertificate], found.Data[keyPrivate])
	}
	renew := held == nil || due(held.leaf, now) || !fits(held.leaf, signing.current, k.options.Names.hosts(component))
	if renew {
		if held, err = newCertificate(k.options.Names, component, signing.current, now, k.options.Validity); err != nil {
			return err
		}
	}
	k.options.Metrics.expires.WithLabelValues(component).Set(float64(held.leaf.NotAfter.Unix()))
	bundle := signing.bundle()
	data := map[string][]byte{keyCertificate: held.certificate, keyPrivate: held.key, keyAuthorities: bundle}
	switch {
	case found == nil:
		_, err = k.create(ctx, name, corev1.SecretTypeTLS, data)
	case renew || !bytes.Equal(found.Data[keyAuthorities], bundle):
		found.Data = data
		err = k.update(ctx, found)
	}
	return err
}

// readIdentity reads the operator's own certificate.
func (k *Keeper) readIdentity(ctx context.Context) error {
	name := k.options.Names.Certificate(ComponentOperator)
	found, err := k.get(ctx, name)
	switch {
	case err != nil:
		return err
	case found == nil:
		if !k.options.Issue {
			return fmt.Errorf("secret %s does not exist yet; cert-manager makes it", name)
		}
		return nil
	}
	if err := k.Identity.set(found.Data); err != nil {
		return fmt.Errorf("secret %s: %w", name, err)
	}
	return nil
}

// get gives nil for a Secret that does not exist.
func (k *Keeper) get(ctx context.Context, name string) (*corev1.Secret, error) {
	found := &corev1.Secret{}
	err := k.options.Client.Get(ctx, client.ObjectKey{Namespace: k.options.Names.Namespace, Name: name}, found)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil //nolint:nilnil // what is absent is no fault
	case err != nil:
		return nil, fmt.Errorf("read secret %s: %w", name, err)
	}
	return found, nil
}

// create makes a Secret. Where another was faster, its data count at the next
// look.
func (k *Keeper) create(ctx context.Context, name string, kind corev1.SecretType, data map[string][]byte) (*corev1.Secret, error) {
	made := &corev1.Secret{
		Name: name, Namespace: k.options.Names.Namespace, Labels: map[string]string{
			"app.kubernetes.io/name": "offhook", "app.kubernetes.io/part-of": k.options.Names.Installation,
			"app.kubernetes.io/managed-by": "offhook-operator",
		},
		Type: kind, Data: data,
	}
	if err := k.options.Client.Create(ctx, made); err != nil {
		return nil, fmt.Errorf("create secret %s: %w", name, err)
	}
	k.options.Metrics.written.WithLabelValues("created").Inc()
	k.options.Logger.Info("secret created", "secret", name)
	return made, nil
}

func (k *Keeper) update(ctx context.Context, changed *corev1.Secret) error {
	if err := k.options.Client.Update(ctx, changed); err != nil {
		return fmt.Errorf("update secret %s: %w", changed.Name, err)
	}
	k.options.Metrics.written.WithLabelValues("updated").Inc()
	k.options.Logger.Info("secret renewed", "secret", changed.Name)
	return nil
}
