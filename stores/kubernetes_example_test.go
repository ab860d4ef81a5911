package stores_test

import (
	"context"
	"crypto/sha256"
	"fmt"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// secretStore is a ringcx.Store whose records are Secrets. The version of a record is the
// resourceVersion. A record is deleted by emptying its Secret, which is never removed. The
// client must not read from a cache, as the client of a manager does.
type secretStore struct {
	client    client.Client
	namespace string
}

func (s secretStore) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	secret, err := s.get(ctx, key)
	if err != nil || secret.Data["record"] == nil {
		return nil, "", err
	}
	return secret.Data["record"], secret.ResourceVersion, nil
}

func (s secretStore) CompareAndSwap(ctx context.Context, key, version string, data []byte) (newVersion string, err error) {
	secret := &core.Secret{ObjectMeta: meta.ObjectMeta{Namespace: s.namespace, Name: secretName(key), ResourceVersion: version}}
	if version == "" { // there must be no Secret, or an empty one
		found, err := s.get(ctx, key)
		switch {
		case err != nil:
			return "", err
		case found.Data["record"] != nil:
			return "", fmt.Errorf("secret %s exists: %w", found.Name, ringcx.ErrConflict)
		case data == nil:
			return "", nil
		}
		secret.ResourceVersion = found.ResourceVersion
	}
	write := func() error { return s.client.Update(ctx, secret) }
	if secret.ResourceVersion == "" {
		write = func() error { return s.client.Create(ctx, secret) }
	}
	if data != nil {
		secret.Data = map[string][]byte{"record": append([]byte{}, data...)}
	}
	switch err := write(); {
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err), apierrors.IsNotFound(err):
		return "", fmt.Errorf("%w: %w", ringcx.ErrConflict, err)
	case err != nil || data == nil:
		return "", err
	}
	return secret.ResourceVersion, nil
}

// get returns the Secret of a key, which has no resourceVersion if it does not exist.
func (s secretStore) get(ctx context.Context, key string) (*core.Secret, error) {
	secret := &core.Secret{}
	err := s.client.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: secretName(key)}, secret)
	return secret, client.IgnoreNotFound(err)
}

func secretName(key string) string { return fmt.Sprintf("ringcx-%.16x", sha256.Sum256([]byte(key))) }

// The processes share a session in a Secret of their namespace. Their service account needs
// the verbs get, create and update for Secrets.
func Example_kubernetesSecret() {
	c, err := client.New(config.GetConfigOrDie(), client.Options{})
	if err != nil {
		panic(err)
	}
	connect(secretStore{client: c, namespace: "default"})
}
