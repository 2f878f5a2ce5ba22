package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	log "k8s.io/klog/v2"
)

type health struct{ ready atomic.Bool }

// serveHealth answers /healthz always and /readyz once the pod network stands.
func serveHealth(ctx context.Context, options *options, tasks *sync.WaitGroup) *health {
	state := &health{}
	if options.healthPort == 0 {
		return state
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	routes.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !state.ready.Load() {
			http.Error(w, "the pod network is not set up yet", http.StatusServiceUnavailable)
		}
	})
	server := &http.Server{
		Addr:    net.JoinHostPort(options.healthIP, strconv.Itoa(options.healthPort)),
		Handler: routes,
	}
	tasks.Go(func() {
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Exitf("serve health on %s: %v", server.Addr, err)
		}
	})
	tasks.Go(func() {
		<-ctx.Done()
		_ = server.Close()
	})
	return state
}
