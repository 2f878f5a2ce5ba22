// Package dns stands in for the package of the same name that knows a hundred DNS services and their SDKs.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v5/challenge"
)

// NewDNSChallengeProviderByName knows no service: certificates come by the HTTP and TLS-ALPN challenges.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("DNS provider %s: this build has no DNS challenge, use httpChallenge or tlsChallenge", name)
}
