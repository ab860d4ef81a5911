package stores_test

import (
	"testing"

	core "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// TestKubernetesSecret uses the fake client of controller-runtime, which checks the
// resourceVersion.
func TestKubernetesSecret(t *testing.T) {
	store := secretStore{client: fake.NewClientBuilder().Build(), namespace: "default"}
	runContract(t, func(*testing.T) ringcx.Store { return store })
}

// TestKubernetesDeletionKeepsTheSecret deletes a record. If the Secret were removed, the fake
// client would use its versions again.
func TestKubernetesDeletionKeepsTheSecret(t *testing.T) {
	store := secretStore{client: fake.NewClientBuilder().Build(), namespace: "default"}
	version, err := store.CompareAndSwap(t.Context(), "key", "", []byte("token"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.CompareAndSwap(t.Context(), "key", version, nil); err != nil {
		t.Fatal(err)
	}
	var secrets core.SecretList
	if err := store.client.List(t.Context(), &secrets); err != nil {
		t.Fatal(err)
	}
	if len(secrets.Items) != 1 || len(secrets.Items[0].Data) != 0 {
		t.Errorf("after the deletion there are %d Secrets: %v, want one without data", len(secrets.Items), secrets.Items)
	}
}
