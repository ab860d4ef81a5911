package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// complaint says what failed, without the advice that cures gives. It may be shown
// on a terminal.
func complaint(err error) string { return printable(plainComplaint(err)) }

func plainComplaint(err error) string {
	e, ok := errors.AsType[*ringcx.Error](err)
	if !ok {
		return strings.ReplaceAll(strings.TrimPrefix(err.Error(), "ringcx: "), "\nringcx: ", "\n")
	}
	text := fmt.Sprintf("%s %s: %d %s %s", e.Method, e.Path, e.StatusCode, e.Code, e.Message)
	if e.RetryAfter > 0 && isForNow(e) {
		text += fmt.Sprintf("; try again in %v", e.RetryAfter.Round(time.Second))
	}
	return strings.Join(strings.Fields(text), " ")
}

// cures returns the usual causes of a failure, each with its cure.
//
// Source: RingCX documentation, "Create an app"; RingCentral's list of OAuth
// errors; what users of public clients report.
func cures(err error) []string {
	e, ok := errors.AsType[*ringcx.Error](err)
	switch {
	case !ok && isNetwork(err):
		return []string{"no connection: check the network, the proxy (HTTPS_PROXY), RINGCENTRAL_BASE_URL and RINGCX_BASE_URL"}
	case !ok:
		return nil
	case e.StatusCode == http.StatusTooManyRequests:
		return []string{"too many requests in a minute, perhaps by another program with the same app: wait, then try again"}
	case e.StatusCode >= http.StatusInternalServerError:
		return []string{"the service has a problem: try again later"}
	case e.StatusCode < http.StatusBadRequest:
		return []string{"something else answered: check the proxy (HTTPS_PROXY), RINGCENTRAL_BASE_URL and RINGCX_BASE_URL"}
	}
	return refusalCures(e)
}

// isNetwork reports whether err is that of a request that got no answer.
func isNetwork(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

func refusalCures(e *ringcx.Error) []string {
	switch e.Stage {
	case ringcx.StageLogin:
		if e.Code == "OAU-146" || e.Code == "invalid_client" {
			return []string{"the client id or the client secret is wrong, or of the sandbox: copy both again, from the production app"}
		}
		return []string{
			"RC_JWT is cut off, has ended or is for another app: make a new JWT credential in the developer console, under Credentials",
			"the app does not allow the JWT auth flow: change that in the app's settings, under Auth",
		}
	case ringcx.StageExchange:
		return []string{
			"the app lacks the scope Read Accounts: add it in the app's settings, under Security",
			"your RingCentral user is not linked to RingCX: ask an administrator of your RingCX account",
			"it is no production account: RingCX needs one, and a production app",
		}
	}
	return []string{"you lack a right in RingCX: ask an administrator of your RingCX account"}
}
