//! One netlink socket: a request out, its answers in.

use std::os::fd::{AsRawFd as _, OwnedFd};

use anyhow::{Context as _, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, send, socket,
};

use super::message::{Answer, Message, decode};

/// Larger than any datagram of a dump.
const BUFFER: usize = 256 << 10;

/// A socket of one of netlink's families.
#[derive(Debug)]
pub(super) struct Socket(OwnedFd);

impl Socket {
    /// Links and routes.
    pub(super) fn route() -> Result<Self> {
        Self::open(SockProtocol::NetlinkRoute)
    }

    /// nftables.
    pub(super) fn netfilter() -> Result<Self> {
        Self::open(SockProtocol::NetlinkNetFilter)
    }

    fn open(protocol: SockProtocol) -> Result<Self> {
        let fd = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            protocol,
        )
        .with_context(|| format!("open a netlink socket ({protocol:?})"))?;
        bind(fd.as_raw_fd(), &NetlinkAddr::new(0, 0)).context("bind a netlink socket")?;
        Ok(Self(fd))
    }

    /// Sends requests in one datagram and gathers the answers up to the end of one of them.
    pub(super) fn ask(&self, requests: &[u8]) -> Result<Vec<Message>> {
        send(self.0.as_raw_fd(), requests, MsgFlags::empty()).context("send to netlink")?;
        let mut buffer = vec![0; BUFFER];
        let mut parts = Vec::new();
        loop {
            let count =
                recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::empty()).context("receive from netlink")?;
            for answer in decode(&buffer[..count]) {
                match answer {
                    Answer::Part(message) => parts.push(message),
                    Answer::End(0) => return Ok(parts),
                    Answer::End(code) => return Err(Errno::from_raw(-code)).context("the kernel refused"),
                }
            }
        }
    }
}

/// Whether the error says that the thing is not there (any more).
pub(super) fn is_gone(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<Errno>(),
        Some(Errno::ENODEV | Errno::ENOENT | Errno::ESRCH | Errno::ENXIO)
    )
}
