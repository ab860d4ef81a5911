package ringcxtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/ringcx-go/ringcx-go/gen"
	"github.com/ringcx-go/ringcx-go/wire"
)

// The rules for the receiver of a subscription.
//
// Source: RingCX developer guide, "Agent State Subscription APIs".
const (
	receiverTimeout = 3 * time.Second
	receiverBytes   = 1024 // of a response, header and body together

	validationHeader = "Validation-Token"
)

// SetWebhookClient sets the HTTP client with which s sends requests to the notificationUrl of
// agent state subscriptions. By default, and after SetWebhookClient(nil), s sends none: it
// accepts all receivers, and [Server.SendAgentState] returns an error. Use [HandlerClient] for a
// receiver in memory.
//
// When a subscription is created, or updated, and is active, s sends a POST without a body to
// its receiver. The receiver must respond within 3 seconds with status 200, with the header
// Validation-Token of the request, and with at most 1,024 bytes, header and body together.
// Otherwise s rejects the subscription with status 400 and the code SUB-525.
//
// Source: RingCX developer guide, "Agent State Subscription APIs". The method, the missing body
// and the status 400 are inferred.
func (s *Server) SetWebhookClient(client *http.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhooks.client = client
}

// HandlerClient returns an HTTP client that passes all requests, whatever their host is, to a
// handler in memory. It opens no sockets, so it works in a testing/synctest bubble. If a request
// takes too long, its context ends, and the handler should return.
func HandlerClient(h http.Handler) *http.Client {
	return &http.Client{Transport: handlerTransport{h}}
}

// handlerTransport is a RoundTripper that passes requests to a handler.
type handlerTransport struct{ handler http.Handler }

// RoundTrip passes req to the handler and returns its response.
func (t handlerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	body := &onceCloser{inner: req.Body}
	if err := checkURL(req.URL); err != nil {
		body.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	return newMemoryResponse(req, ctx, cancel).serve(t.handler, body, func() {})
}

// SendAgentState sends an event to the receivers of all active subscriptions of a sub-account,
// one after the other, and returns when each has accepted it. Each request has a
// Validation-Token, the customHeaders of the subscription, and the event as JSON. If a receiver
// breaks one of the rules of [Server.SetWebhookClient], s sends the same event again at once, as
// often as the retryCount of the subscription says.
//
// SendAgentState returns an error that names the subscription if a receiver did not accept the
// event. It also returns an error if the sub-account has no active subscription, or if there is
// no client. The subscription of the examples of openapi.yaml, with which a list of subscriptions
// begins, gets no events.
//
// Source: RingCX developer guide, "Agent State Subscription APIs". The form of the request, the
// time between the retries, and that the rules hold for events are inferred.
func (s *Server) SendAgentState(ctx context.Context, rcAccountID, subAccountID wire.ID, event gen.AgentStateEvent) error {
	client := s.webhookClient()
	if client == nil {
		return errors.New("ringcxtest: SendAgentState: there is no client: call SetWebhookClient first")
	}
	var errs []error
	found := false
	for _, sub := range s.subscriptions(rcAccountID, subAccountID) {
		if !isActive(sub, time.Now()) {
			continue
		}
		found = true
		if err := s.deliver(ctx, client, sub, marshal(event)); err != nil {
			errs = append(errs, fmt.Errorf("ringcxtest: SendAgentState: subscription %q: %w", sub.SubscriptionName, err))
		}
	}
	if !found {
		return fmt.Errorf("ringcxtest: SendAgentState: the sub-account %s of %s has no active subscription", subAccountID, rcAccountID)
	}
	return errors.Join(errs...)
}

func (s *Server) webhookClient() *http.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.webhooks.client
}

// deliver sends an event to the receiver of a subscription until it accepts it, all retries
// failed, or ctx is done.
func (s *Server) deliver(ctx context.Context, client *http.Client, sub gen.AgentStateSubscription, event []byte) error {
	var err error
	for range 1 + wire.Value(sub.MaxRetryCount) {
		if err = s.notify(ctx, client, wire.Value(sub.NotificationURL), sub.CustomHeaders, event); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// setUpReceiver checks the receiver of a new subscription, and responds with SUB-525 if it is
// not valid.
func (c *call) setUpReceiver(request gen.AgentStateSubscriptionRequest) bool {
	client := c.server.webhookClient()
	if client == nil {
		return true
	}
	err := c.server.notify(c.r.Context(), client, request.NotificationURL, request.CustomHeaders, nil)
	if err != nil {
		c.respondError(http.StatusBadRequest, "SUB-525", "The receiver does not follow the rules: "+err.Error())
	}
	return err == nil
}

// notify sends a request to a receiver. It returns an error if the response breaks a rule.
func (s *Server) notify(ctx context.Context, client *http.Client, address string, headers map[string]*any, event []byte) error {
	ctx, cancel := context.WithTimeoutCause(ctx, receiverTimeout, errReceiverTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(event))
	if err != nil {
		return err
	}
	for name, value := range headers {
		if v := wire.Value(value); v != nil {
			req.Header.Set(name, fmt.Sprint(v))
		}
	}
	if event != nil {
		req.Header.Set("Content-Type", jsonType)
	}
	s.mu.Lock()
	s.webhooks.last++
	token := fmt.Sprintf("validation-%d", s.webhooks.last)
	anyReceiver := s.behavior.AnyReceiver
	s.mu.Unlock()
	req.Header.Set(validationHeader, token)
	resp, err := client.Do(req)
	if err == nil {
		defer resp.Body.Close()
		err = checkReceiver(resp, token, anyReceiver)
	}
	if errors.Is(context.Cause(ctx), errReceiverTimeout) {
		return errReceiverTimeout
	}
	return err
}

var errReceiverTimeout = fmt.Errorf("no response within %v", receiverTimeout)

// checkReceiver returns the first rule that a response of a receiver breaks.
func checkReceiver(resp *http.Response, token string, anyReceiver bool) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, receiverBytes+1))
	var header bytes.Buffer
	_ = resp.Header.Write(&header) // a Buffer returns no error
	switch {
	case err != nil:
		return fmt.Errorf("read the response: %w", err)
	case anyReceiver && resp.StatusCode/100 == 2:
		return nil
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("the status is %d, and must be 200", resp.StatusCode)
	case resp.Header.Get(validationHeader) != token:
		return errors.New("the response must have the Validation-Token of the request as a header")
	case header.Len()+len(body) > receiverBytes:
		return fmt.Errorf("the response has more than %d bytes", receiverBytes)
	}
	return nil
}
