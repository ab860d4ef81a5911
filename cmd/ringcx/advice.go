package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/wire"
)

// describe returns what failed, without the advice for it. Control characters are
// escaped.
func describe(err error) string { return printable(rawDescription(err)) }

func rawDescription(err error) string {
	e, ok := errors.AsType[*ringcx.Error](err)
	if !ok {
		text := strings.ReplaceAll(strings.TrimPrefix(err.Error(), "ringcx: "), "\nringcx: ", "\n")
		return cutStage(text)
	}
	text := fmt.Sprintf("%d %s %s", e.StatusCode, e.Code, e.Message)
	if e.Method != "" { // a request was sent
		text = e.Method + " " + e.Path + ": " + text
	}
	if e.RetryAfter > 0 && isTemporary(e) {
		text += fmt.Sprintf("; try again in %v", e.RetryAfter.Round(time.Second))
	}
	return strings.Join(strings.Fields(text), " ")
}

// cutStage removes the stage, such as "exchange: ", from the beginning of the text of an
// error, because the place where it is shown names the step.
func cutStage(text string) string {
	for _, stage := range []ringcx.Stage{ringcx.StageLogin, ringcx.StageExchange, ringcx.StageRefresh, ringcx.StageCall, ringcx.StageLogout} {
		if rest, ok := strings.CutPrefix(text, string(stage)+": "); ok {
			return rest
		}
	}
	return text
}

// advice returns the usual causes of err, each with what to do about it.
//
// Source: RingCX documentation, "Create an app"; RingCentral's list of OAuth
// errors; reports by users of public clients.
func advice(err error) []string {
	e, ok := errors.AsType[*ringcx.Error](err)
	switch {
	case isNotJSON(err):
		return []string{otherServer}
	case !ok && isNetwork(err):
		return []string{"the server could not be reached: check the network, the proxy (HTTPS_PROXY), RINGCENTRAL_BASE_URL and RINGCX_BASE_URL"}
	case !ok:
		return nil
	case e.StatusCode == http.StatusTooManyRequests:
		return []string{"the service got too many requests within a minute, perhaps also from another program with the same app: wait, then try again"}
	case e.StatusCode >= http.StatusInternalServerError:
		return []string{"the service failed: try again later"}
	case e.StatusCode < http.StatusBadRequest:
		return []string{otherServer}
	}
	return rejectionAdvice(e)
}

// otherServer is the advice for a response that is not from RingCX or RingCentral.
const otherServer = "the response is probably from another server: check the proxy (HTTPS_PROXY), RINGCENTRAL_BASE_URL and RINGCX_BASE_URL"

// isNotJSON reports whether err is the error of a response with a Content-Type that is
// not JSON.
func isNotJSON(err error) bool {
	e, ok := errors.AsType[*wire.DecodeError](err)
	return ok && e.ContentType != "" && !strings.Contains(e.ContentType, "json")
}

// isNetwork reports whether err is the error of a request that got no response.
func isNetwork(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// rejectionAdvice returns the advice for a response with status 400 to 499, except
// 429.
func rejectionAdvice(e *ringcx.Error) []string {
	switch e.Stage {
	case ringcx.StageLogin:
		if e.Code == "OAU-146" || e.Code == "invalid_client" {
			return []string{"the client id or the client secret is wrong or is that of a sandbox app: copy both from the production app again"}
		}
		return []string{
			"RC_JWT is incomplete, has expired or belongs to another app: create a new JWT credential in the developer console, under Credentials",
			"the app does not allow the JWT auth flow: allow it in the settings of the app, under Auth",
		}
	case ringcx.StageExchange:
		return []string{
			"the app lacks the scope Read Accounts: add it in the settings of the app, under Security",
			"your RingCentral user is not linked to RingCX: ask an administrator of your RingCX account",
			"your account is not a production account: RingCX requires a production account and a production app",
		}
	}
	return []string{"your user lacks a permission in RingCX: ask an administrator of your RingCX account"}
}
