package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ringcx-go/ringcx-go/ringcx"
	"github.com/ringcx-go/ringcx-go/wire"
)

// explain returns the text of err in the words of the command line: the library, whose
// errors it contains, knows no flags and no variables.
func explain(err error) string {
	e, isError := errors.AsType[*ringcx.Error](err)
	redirect, isRedirect := errors.AsType[*redirectError](err)
	switch {
	case isError && isHeldBack(e):
		return string(e.Stage) + ": " + heldBack(e)
	case isTruncated(err):
		return truncated(err)
	case isRedirect && isNetwork(err):
		return redirect.Error()
	case isError && isWrongURL(e):
		return variableNames.Replace(err.Error()) + "\n" + wrongURL(e.Stage)
	}
	return variableNames.Replace(err.Error())
}

// heldBack returns the text for a request that a limit held back.
func heldBack(e *ringcx.Error) string {
	reason, isCount := strings.TrimPrefix(e.Message, "held back: "), strings.Contains(e.Message, "requests were sent")
	text := strings.Replace(reason, " requests", " token requests", 1)
	if e.RetryAfter > 0 {
		text += fmt.Sprintf("; try again in %v", e.RetryAfter.Round(time.Second))
	}
	if isCount {
		text += "; --" + noCacheFlag + " signs in each time"
	}
	if e.Cause != nil {
		text += " (a new token is needed after this: " + describe(e.Cause) + ")"
	}
	return text
}

// isHeldBack reports whether err is that of a request that a limit held back.
func isHeldBack(err error) bool {
	e, ok := errors.AsType[*ringcx.Error](err)
	return ok && e.Code == "local_limit"
}

// isTruncated reports whether err is that of a response that ended early.
func isTruncated(err error) bool {
	_, ok := errors.AsType[*wire.DecodeError](err)
	return ok && errors.Is(err, io.ErrUnexpectedEOF)
}

// truncated returns the text for a response that ended early.
func truncated(err error) string {
	if e, ok := errors.AsType[*wire.DecodeError](err); ok && e.Method != "" {
		return e.Method + " " + e.Path + ": " + endedEarly
	}
	return endedEarly
}

// describe returns what failed, without the advice for it. Control characters are
// escaped.
func describe(err error) string { return printable(rawDescription(err)) }

func rawDescription(err error) string {
	e, ok := errors.AsType[*ringcx.Error](err)
	if !ok {
		text := strings.ReplaceAll(strings.TrimPrefix(explain(err), "ringcx: "), "\nringcx: ", "\n")
		return cutStage(text)
	}
	if isHeldBack(e) {
		return heldBack(e)
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
// error. The line that shows the error already names the step.
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
	case isTruncated(err):
		return []string{"the connection may be unstable, or a proxy (HTTPS_PROXY) ends responses: try again"}
	case isNotJSON(err), isRedirect(err):
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

// isRedirect reports whether err is that of a redirect that was not followed.
func isRedirect(err error) bool {
	_, ok := errors.AsType[*redirectError](err)
	return ok
}

// isNetwork reports whether err is the error of a request that got no response.
func isNetwork(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// rejectionAdvice returns the advice for a response with status 400 to 499, except
// 429.
func rejectionAdvice(e *ringcx.Error) []string {
	if isWrongURL(e) {
		return append([]string{wrongURL(e.Stage)}, permissionAdvice(e)...)
	}
	return permissionAdvice(e)
}

// isWrongURL reports whether e, a response, is probably from a server or a path that has
// no sign-in.
func isWrongURL(e *ringcx.Error) bool {
	isSignIn := e.Stage == ringcx.StageLogin || e.Stage == ringcx.StageExchange
	return isSignIn && e.StatusCode == http.StatusNotFound
}

// wrongURL returns the advice for status 404.
func wrongURL(stage ringcx.Stage) string {
	name := "RINGCX_BASE_URL"
	if stage == ringcx.StageLogin {
		name = "RINGCENTRAL_BASE_URL"
	}
	return "check " + name + " first: the server does not know this path, so its URL or the path in it may be wrong"
}

// permissionAdvice returns the advice for missing permissions and wrong credentials.
func permissionAdvice(e *ringcx.Error) []string {
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
