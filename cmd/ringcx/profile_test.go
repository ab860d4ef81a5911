package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseProfiles(t *testing.T) {
	got, err := parseProfiles([]byte(`# comment
profiles:
  a: {client_id: 12, client_secret_env: A_SECRET, jwt_env: _J, output: CSV}
  b:
    ringcx_base_url: https://ringcx.example.com
    ringcentral_base_url: https://example.com
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]profile{
		"a": {name: "a", clientID: "12", clientSecretEnv: "A_SECRET", jwtEnv: "_J", output: formatCSV},
		"b": {name: "b", ringcxURL: "https://ringcx.example.com", ringcentralURL: "https://example.com"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(profile{})); diff != "" {
		t.Errorf("profiles (-want +got):\n%s", diff)
	}
	if got, err := parseProfiles(nil); err != nil || len(got) != 0 {
		t.Errorf("an empty file: %v, %v; want no profiles", got, err)
	}
}

// TestParseProfilesErrors checks the errors, and that they do not contain a value, which
// may be a secret.
func TestParseProfilesErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"client secret", "profiles:\n  a:\n    client_secret: hunter2", `line 3: "client_secret" must not be in the file, because it is a secret`},
		{"JWT", "profiles:\n  a:\n    jwt: hunter2", `line 3: "jwt" must not be in the file`},
		{"variable", "profiles:\n  a: {RC_JWT: hunter2}", `line 2: "RC_JWT" must not be in the file`},
		{"secret of the file", "RC_CLIENT_SECRET: hunter2", `line 1: "RC_CLIENT_SECRET" must not be in the file`},
		{"secret instead of a name", "profiles: {a: {client_secret_env: Hunter2hunter2}}", "line 1: client_secret_env must be the name of an environment variable"},
		{"JWT instead of a name", "profiles: {a: {jwt_env: hunter2.hunter2.hunter2}}", "If it is the secret itself, remove it from the file"},
		{"empty name", "profiles: {a: {jwt_env: ''}}", "jwt_env must be the name"},
		{"unknown setting", "profiles: {a: {host: hunter2}}", `line 1: there is no setting "host"; the settings are client_id, `},
		{"unknown field", "default: hunter2", `line 1: there is no setting "default"; the file has profiles only`},
		{"output", "profiles: {a: {output: xml}}", "line 1: output: it must be table, json, yaml or csv"},
		{"twice", "profiles:\n  a: {}\n  a: {}", `line 3: "a" is given twice`},
		{"list", "profiles: [hunter2]", "line 1: profiles must be a mapping"},
		{"text", "hunter2", "line 1: the file must be a mapping"},
		{"profile is text", "profiles: {a: hunter2}", "line 1: a must be a mapping"},
		{"value is a list", "profiles: {a: {client_id: [hunter2]}}", "line 1: client_id must be text"},
		{"syntax", "profiles:\n  a: 'hunter2\n", "it is not valid YAML: line "},
		{"alias", "profiles: *hunter2", "it is not valid YAML"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseProfiles([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v, want %q", err, tt.want)
			}
			if strings.Contains(strings.ToLower(err.Error()), "hunter2") {
				t.Errorf("the error contains the value: %v", err)
			}
		})
	}
}

// TestProfileHelp checks that the example in the help is a valid file.
func TestProfileHelp(t *testing.T) {
	_, example, _ := strings.Cut(profileHelp, "\n\n")
	example, _, _ = strings.Cut(example, "\n\n")
	got, err := parseProfiles([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"client_id", "client_secret_env", "jwt_env", "ringcx_base_url", "ringcentral_base_url", "output"} {
		p := got["acme"]
		if *p.setting(name) == "" || !strings.Contains(settingNames, name) {
			t.Errorf("the help does not show the setting %s", name)
		}
	}
}
