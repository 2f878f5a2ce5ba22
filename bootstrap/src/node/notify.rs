//! Telling systemd that the node is ready, when it asked to be told.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use anyhow::{Context, Result};

/// Sends `READY=1` to `NOTIFY_SOCKET`; nothing when there is none.
pub(crate) fn ready() -> Result<()> {
    match std::env::var_os("NOTIFY_SOCKET") {
        Some(socket) => send(socket.as_bytes(), b"READY=1").context("tell systemd that the node is ready"),
        None => Ok(()),
    }
}

/// A path, or a name in the abstract namespace that begins with `@`.
fn send(socket: &[u8], message: &[u8]) -> std::io::Result<()> {
    let address = match socket.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(socket))?,
    };
    UnixDatagram::unbound()?.send_to_addr(message, &address)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_arrives_at_the_socket_of_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let receiver = UnixDatagram::bind(&path).unwrap();
        send(path.as_os_str().as_bytes(), b"READY=1").unwrap();
        let mut message = [0; 16];
        let length = receiver.recv(&mut message).unwrap();
        assert_eq!(&message[..length], b"READY=1");
    }
}
