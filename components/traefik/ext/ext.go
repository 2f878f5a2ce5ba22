// Package ext stands in for a module that Traefik keeps in its own repository only: places where another
// edition adds settings. This one adds none.
package ext

// HTTP adds nothing to the HTTP configuration.
type HTTP struct{}

// Router adds nothing to a router.
type Router struct{}
