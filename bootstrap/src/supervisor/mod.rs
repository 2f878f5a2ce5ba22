//! The node's own servers: the HTTPS API on 9345 and the balancer that brings local clients to an API server.

pub(crate) mod balancer;
pub(crate) mod server;
