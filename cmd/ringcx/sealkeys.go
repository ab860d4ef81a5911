package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/spf13/cobra"
)

// sealKeyFileFlag is the flag of the commands that share a session.
const sealKeyFileFlag = "seal-key-file"

// sealKeySize is the number of bytes of a key.
const sealKeySize = 32

// addSealKeyFile adds the flag to a command.
func addSealKeyFile(c *cobra.Command) {
	c.Flags().String(sealKeyFileFlag, "", "encrypt the session file with the first key in this `file`, one base64 key per line")
	_ = c.MarkFlagFilename(sealKeyFileFlag) // fails only for an unknown flag
}

// sealed returns store, or a Store that seals it if the command line has keys.
func sealed(store ringcx.Store, keys [][]byte) (ringcx.Store, error) {
	if len(keys) == 0 {
		return store, nil
	}
	return ringcx.Seal(store, keys[0], keys[1:]...)
}

// sealKeys returns the keys of the file that the command line names, or nil.
func sealKeys(cmd *cobra.Command) (keys [][]byte, err error) {
	flag := cmd.Flags().Lookup(sealKeyFileFlag)
	if flag == nil || !flag.Changed {
		return nil, nil
	}
	return readSealKeys(flag.Value.String())
}

// readSealKeys reads the keys of a file. No error contains a part of a key.
func readSealKeys(file string) (keys [][]byte, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("--%s: %w", sealKeyFileFlag, err)
	}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(string(line))
		switch {
		case err != nil:
			return nil, sealKeyError(file, number, "it is not base64")
		case len(key) != sealKeySize:
			return nil, sealKeyError(file, number, fmt.Sprintf("it has %d bytes, want %d", len(key), sealKeySize))
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, usagef("--%s: %s has no key\n%s", sealKeyFileFlag, file, sealKeyHint)
	}
	return keys, nil
}

const sealKeyHint = "'openssl rand -base64 32' prints a key"

func sealKeyError(file string, line int, text string) error {
	return usagef("--%s: %s: the key in line %d: %s\n%s", sealKeyFileFlag, file, line, text, sealKeyHint)
}

// explainSeal adds what to do to an error about a session file that cannot be decrypted.
func explainSeal(err error) error {
	if err == nil || !strings.Contains(err.Error(), "ringcx: Seal: ") {
		return err
	}
	return fmt.Errorf("%w\nadd the key that encrypted the session file to the file of --%s;\n"+
		"if that is not possible, use another directory with --%s", err, sealKeyFileFlag, cacheDirFlag)
}
