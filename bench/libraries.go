package main

import (
	"context"
	"net/http"
	"time"

	"cloud.google.com/go/auth"
	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/oauth2"

	"github.com/ringcx-go/ringcx-go/ringcx"
)

// source gets a token in the way a program does. If the library takes no context, the
// context is ignored.
type source func(context.Context) error

// library is a library that caches tokens. make returns a cache that requests its tokens
// from e, and renews a token when its remaining lifetime is at most window.
type library struct {
	name string
	make func(e *endpoint, window time.Duration) source
}

// The names of the libraries.
const (
	ringcxName = "ringcx"
	oauth2Name = "x/oauth2"
	cloudName  = "cloud auth"
	awsName    = "aws"
)

var libraries = []library{
	{ringcxName, func(e *endpoint, window time.Duration) source {
		tokens := ringcxSource(e, window)
		return func(ctx context.Context) error { _, err := tokens.TokenContext(ctx); return err }
	}},
	{oauth2Name, func(e *endpoint, window time.Duration) source {
		tokens := oauth2Source(e, window)
		return func(context.Context) error { _, err := tokens.Token(); return err }
	}},
	{cloudName, func(e *endpoint, window time.Duration) source {
		tokens := auth.NewCachedTokenProvider(cloudProvider{e}, &auth.CachedTokenProviderOptions{ExpireEarly: window})
		return func(ctx context.Context) error { _, err := tokens.Token(ctx); return err }
	}},
	{awsName, func(e *endpoint, window time.Duration) source {
		tokens := aws.NewCredentialsCache(awsProvider{e}, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = window })
		return func(ctx context.Context) error { _, err := tokens.Retrieve(ctx); return err }
	}},
}

func ringcxSource(e *endpoint, window time.Duration) *ringcx.TokenSource {
	tokens, err := ringcx.NewTokenSource(ringcx.Config{
		RingCentral: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "ringcentral"}),
		HTTPClient:  &http.Client{Transport: e},
		RenewBefore: window,
	})
	if err != nil {
		panic(err) // the Config is valid
	}
	return tokens
}

func oauth2Source(e *endpoint, window time.Duration) oauth2.TokenSource {
	return oauth2.ReuseTokenSourceWithExpiry(nil, oauth2Provider{e}, window)
}

type oauth2Provider struct{ endpoint *endpoint }

// Token implements oauth2.TokenSource.
func (p oauth2Provider) Token() (*oauth2.Token, error) {
	token, expiry, err := p.endpoint.fetch(context.Background())
	return &oauth2.Token{AccessToken: token, Expiry: expiry}, err
}

type cloudProvider struct{ endpoint *endpoint }

// Token implements auth.TokenProvider.
func (p cloudProvider) Token(ctx context.Context) (*auth.Token, error) {
	token, expiry, err := p.endpoint.fetch(ctx)
	return &auth.Token{Value: token, Expiry: expiry}, err
}

type awsProvider struct{ endpoint *endpoint }

// Retrieve implements aws.CredentialsProvider.
func (p awsProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	token, expiry, err := p.endpoint.fetch(ctx)
	return aws.Credentials{AccessKeyID: token, SecretAccessKey: token, CanExpire: true, Expires: expiry}, err
}
