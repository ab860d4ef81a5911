package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

const profileHelp = `A profile is a named set of settings, such as those of one of several accounts.
Profiles are in the file ringcx/config.yaml of your configuration directory, which on
Linux is $XDG_CONFIG_HOME or ~/.config. Select a profile with --profile NAME or the
variable RINGCX_PROFILE:

  profiles:
    acme:
      client_id: 0123456789abcdefghijkl
      client_secret_env: ACME_CLIENT_SECRET    # the name of the variable that contains it
      jwt_env: ACME_JWT                        # the name of the variable that contains it
      ringcx_base_url: https://ringcx.ringcentral.com
      ringcentral_base_url: https://platform.ringcentral.com
      output: json                             # of accounts and users

All settings are optional. For a setting that the profile does not have, RC_CLIENT_ID
and the other variables are used, which "ringcx help" lists. Secrets must not be in the
file.`

// profile is a set of settings from the configuration file. Its zero value has no
// settings.
type profile struct {
	name                      string // for errors; empty if no profile is selected
	clientID                  string
	clientSecretEnv, jwtEnv   string // names of environment variables
	ringcxURL, ringcentralURL string
	output                    format
}

// setting returns the setting with a name of the file, or nil.
func (p *profile) setting(name string) *string {
	return map[string]*string{
		"client_id":            &p.clientID,
		"client_secret_env":    &p.clientSecretEnv,
		"jwt_env":              &p.jwtEnv,
		"ringcx_base_url":      &p.ringcxURL,
		"ringcentral_base_url": &p.ringcentralURL,
		"output":               (*string)(&p.output),
	}[name]
}

const settingNames = "client_id, client_secret_env, jwt_env, ringcx_base_url, ringcentral_base_url and output"

// envName matches the names of environment variables that a profile may contain. Secrets
// contain other characters, so that a secret in place of a name is found.
var envName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)

const profileFlag = "profile"

// selectedProfile returns the profile that the command line or the environment selects.
// All its errors are usage errors.
func selectedProfile(cmd *cobra.Command) (profile, error) {
	name := os.Getenv("RINGCX_PROFILE")
	if flag := cmd.Flags().Lookup(profileFlag); flag != nil && flag.Changed {
		name = flag.Value.String()
	}
	if name == "" {
		return profile{}, nil
	}
	all, file, err := readProfiles()
	if err != nil {
		return profile{}, usagef("profile %q: %w", name, err)
	}
	p, ok := all[name]
	if !ok {
		return profile{}, usagef("profile %q: %s does not have it; it has %s", name, file, listNames(slices.Sorted(maps.Keys(all))))
	}
	return p, nil
}

func listNames(names []string) string { return cmp.Or(strings.Join(names, ", "), "no profiles") }

// completeProfile completes the names of profiles.
func completeProfile(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	all, _, err := readProfiles()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return slices.Sorted(maps.Keys(all)), cobra.ShellCompDirectiveNoFileComp
}

// readProfiles returns the profiles of the configuration file, and the name of the file.
func readProfiles() (all map[string]profile, file string, err error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return nil, "", err
	}
	file = filepath.Join(dir, "ringcx", "config.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, file, err
	}
	all, err = parseProfiles(text)
	if err != nil {
		return nil, file, fmt.Errorf("%s: %w", file, err)
	}
	return all, file, nil
}

// parseProfiles parses a configuration file. Its errors contain no values of the file,
// because a value may be a secret.
func parseProfiles(text []byte) (map[string]profile, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, errors.New("it is not valid YAML" + lineOf(err))
	}
	all := make(map[string]profile)
	if len(doc.Content) == 0 {
		return all, nil // an empty file
	}
	err := eachField(doc.Content[0], "the file", func(name string, value *yaml.Node) error {
		if name != "profiles" {
			return unknownSetting(name, value, "the file has profiles only")
		}
		return eachField(value, "profiles", func(name string, value *yaml.Node) error {
			p, err := parseProfile(name, value)
			all[name] = p
			return err
		})
	})
	return all, err
}

// lineOf returns the line that an error of package yaml names, or nothing.
func lineOf(err error) string {
	if line := regexp.MustCompile(`line \d+`).FindString(err.Error()); line != "" {
		return ": " + line
	}
	return ""
}

func parseProfile(name string, node *yaml.Node) (profile, error) {
	p := profile{name: name}
	err := eachField(node, name, func(setting string, value *yaml.Node) error {
		target := p.setting(setting)
		switch {
		case target == nil:
			return unknownSetting(setting, value, "the settings are "+settingNames)
		case value.Kind != yaml.ScalarNode:
			return fmt.Errorf("line %d: %s must be text", value.Line, setting)
		}
		*target = value.Value
		return p.check(setting, value)
	})
	return p, err
}

// check returns an error if the value of a setting is not valid.
func (p *profile) check(setting string, value *yaml.Node) error {
	switch {
	case strings.HasSuffix(setting, "_env") && !envName.MatchString(value.Value):
		return fmt.Errorf("line %d: %s must be the name of an environment variable, in capitals. If it is the secret itself, "+
			"remove it from the file", value.Line, setting)
	case setting == "output":
		if err := p.output.Set(value.Value); err != nil {
			return fmt.Errorf("line %d: output: %w", value.Line, err)
		}
	}
	return nil
}

// unknownSetting returns the error for a setting that does not exist.
func unknownSetting(name string, value *yaml.Node, known string) error {
	if !isSecretField(name) {
		return fmt.Errorf("line %d: there is no setting %q; %s", value.Line, name, known)
	}
	return fmt.Errorf("line %d: %q must not be in the file, because it is a secret. Remove it, and put the secret in an environment "+
		"variable; client_secret_env and jwt_env are the names of the variables", value.Line, name)
}

// eachField calls do for each field of a YAML mapping.
func eachField(node *yaml.Node, what string, do func(name string, value *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: %s must be a mapping", node.Line, what)
	}
	seen := make(map[string]bool)
	for i := 0; i < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		if seen[name.Value] {
			return fmt.Errorf("line %d: %q is given twice", name.Line, name.Value)
		}
		seen[name.Value] = true
		if err := do(name.Value, value); err != nil {
			return err
		}
	}
	return nil
}

// config returns the Config of the profile and, for settings that it does not have, of
// the environment.
func (p *profile) config() (ringcx.Config, error) {
	if p.name == "" {
		return ringcx.ConfigFromEnv()
	}
	login := &ringcx.JWTLogin{
		ClientID: cmp.Or(p.clientID, strings.TrimSpace(os.Getenv("RC_CLIENT_ID"))),
		BaseURL:  cmp.Or(p.ringcentralURL, os.Getenv("RINGCENTRAL_BASE_URL")),
	}
	var missing []error
	if login.ClientID == "" {
		missing = append(missing, fmt.Errorf("RC_CLIENT_ID is not set, and profile %q has no client_id", p.name))
	}
	for _, v := range []struct {
		setting, name, byDefault string
		value                    *string
	}{
		{"client_secret_env", p.clientSecretEnv, "RC_CLIENT_SECRET", &login.ClientSecret},
		{"jwt_env", p.jwtEnv, "RC_JWT", &login.JWT},
	} {
		*v.value = strings.TrimSpace(os.Getenv(cmp.Or(v.name, v.byDefault)))
		switch {
		case *v.value != "":
		case v.name != "":
			missing = append(missing, fmt.Errorf("%s is not set: %s of profile %q names this variable", v.name, v.setting, p.name))
		default:
			missing = append(missing, fmt.Errorf("%s is not set, and profile %q has no %s", v.byDefault, p.name, v.setting))
		}
	}
	if err := errors.Join(missing...); err != nil {
		return ringcx.Config{}, err
	}
	return ringcx.Config{RingCentral: login, BaseURL: cmp.Or(p.ringcxURL, os.Getenv("RINGCX_BASE_URL"))}, nil
}
