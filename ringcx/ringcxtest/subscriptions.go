package ringcxtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

const (
	defaultRetries = 3  // of a subscription whose request has no retryCount
	maxRetries     = 10 // the largest retryCount
)

// The subscription of the examples of openapi.yaml, with which a list begins.
const (
	exampleSubscription = "7d1e0c52-1111-4b6f-8a2d-000000000001"
	exampleReceiver     = "https://example.com/agent-states"
)

// webhooks is what the Server needs to send requests to subscribers.
type webhooks struct {
	client *http.Client // nil if nothing is sent; the Server's mutex guards it
	last   int          // number of the last Validation-Token; the Server's mutex guards it
	saving sync.Mutex   // held while a name is compared with those of the other subscriptions
}

// subscriptionsPath returns the path of the subscriptions of a sub-account.
func subscriptionsPath(rcAccountID, subAccountID wire.ID) string {
	return "/voice/api/cx/integration/v1/accounts/" + url.PathEscape(string(rcAccountID)) +
		"/sub-accounts/" + url.PathEscape(string(subAccountID)) + "/agent-states/subscriptions"
}

// subscriptions returns the subscriptions of a sub-account, without the example.
func (s *Server) subscriptions(rcAccountID, subAccountID wire.ID) []gen.AgentStateSubscription {
	raw, _ := s.resources().All(subscriptionsPath(rcAccountID, subAccountID))
	var all []gen.AgentStateSubscription
	for data := range raw {
		var sub gen.AgentStateSubscription
		if json.Unmarshal(data, &sub) == nil && !isExample(sub) {
			all = append(all, sub)
		}
	}
	return all
}

// isExample reports whether a subscription is that of the examples. It gets no events, and its
// name is free, so that a test need not remove it.
func isExample(sub gen.AgentStateSubscription) bool {
	return sub.SubscriptionID == exampleSubscription && wire.Value(sub.NotificationURL) == exampleReceiver
}

// isActive reports whether events are sent to a subscription.
func isActive(sub gen.AgentStateSubscription, now time.Time) bool {
	ends := wire.Value(sub.ExpiresAt)
	return wire.Value(sub.Active) && (ends == 0 || now.Unix() < ends)
}

// createSubscription creates a subscription to the states of agents.
func createSubscription(c *call) {
	now := wire.Time{Time: c.began}
	c.saveSubscription(map[string]any{
		"description": nil, "authConfigId": nil, "customHeaders": nil, "expiresAt": nil,
		"createdAt": now, "updatedAt": now,
	})
}

// updateSubscription replaces a subscription. Fields that the request lacks get their defaults
// (inferred).
func updateSubscription(c *call) {
	c.saveSubscription(map[string]any{"updatedAt": wire.Time{Time: c.began}})
}

// saveSubscription checks the request and the receiver, and stores the subscription with these
// fields and those of the request.
func (c *call) saveSubscription(fields map[string]any) {
	if !c.mayServe() {
		return
	}
	var request gen.AgentStateSubscriptionRequest
	_ = json.Unmarshal(c.body, &request) // package engine has checked it
	if name, problem := invalidSubscription(request, c.began); name != "" {
		c.respondInvalid(name, problem)
		return
	}
	_ = json.Unmarshal(c.body, &fields)
	isOn := request.Active == nil || *request.Active
	fields["active"] = isOn
	fields["maxRetryCount"] = *cmp.Or(request.RetryCount, new(int64(defaultRetries)))
	if isOn && (c.rejectTakenName(request) || !c.setUpReceiver(request)) {
		return
	}
	s := c.server
	s.webhooks.saving.Lock()
	defer s.webhooks.saving.Unlock()
	if isOn && c.rejectTakenName(request) { // it may have been taken meanwhile
		return
	}
	c.body = marshal(fields)
	serveResources(c)
}

// rejectTakenName responds with status 409, and returns true, if the name is taken.
func (c *call) rejectTakenName(request gen.AgentStateSubscriptionRequest) bool {
	taken := c.isNameTaken(request.SubscriptionName)
	if taken {
		c.respondError(http.StatusConflict, "conflict", "Another active subscription has this name")
	}
	return taken
}

// invalidSubscription returns the field of a request that is not valid, and why, or "".
//
// Source: RingCX developer guide, "Agent State Subscription APIs"; that the name and a negative
// retryCount are checked is inferred.
func invalidSubscription(request gen.AgentStateSubscriptionRequest, now time.Time) (name, problem string) {
	u, err := url.Parse(request.NotificationURL)
	isURL := err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
	retries, ends := wire.Value(request.RetryCount), wire.Value(request.ExpiresAt)
	switch {
	case request.SubscriptionName == "":
		return "subscriptionName", "is required"
	case !isURL:
		return "notificationUrl", "must be an http or https URL"
	case retries < 0 || retries > maxRetries:
		return "retryCount", fmt.Sprintf("must be at most %d", maxRetries)
	case ends != 0 && ends <= now.Unix():
		return "expiresAt", "must be in the future, in seconds since 1970"
	}
	return "", ""
}

// isNameTaken reports whether another subscription of the sub-account that is active has this
// name.
func (c *call) isNameTaken(name string) bool {
	for _, sub := range c.server.subscriptions(c.pathID("rcAccountId"), c.pathID("subAccountId")) {
		isOther := sub.SubscriptionID != c.pathID("subscriptionId")
		if isOther && sub.SubscriptionName == name && isActive(sub, c.began) {
			return true
		}
	}
	return false
}
