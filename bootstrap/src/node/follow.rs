//! Following one component: asked for its health often until it is well, now and then afterwards.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::time::sleep;

use super::gates::Event;
use crate::processes::health::{Endpoint, Trouble};
use crate::status::{Board, Cause, Stage};

/// How often a component that is well is asked.
const CALM: Duration = Duration::from_secs(5);
/// A component that is not well after this long gets a cause on the board.
const PATIENCE: Duration = Duration::from_secs(4);
/// How often the cause is looked for again.
const LOOK: Duration = Duration::from_secs(2);

/// One component's health and where it is told.
pub(crate) struct Followed<'a> {
    pub(crate) stage: Stage,
    pub(crate) endpoint: Endpoint,
    /// How often it is asked until it is well.
    pub(crate) eager: Duration,
    pub(crate) board: &'a Board,
    /// Set when it is well for the first time.
    pub(crate) well: &'a Event,
    /// Set when it answers for the first time, be it well or not.
    pub(crate) answers: Option<&'a Event>,
}

impl Followed<'_> {
    /// Follows it for good; `why` looks for the reason when it is not well.
    pub(crate) async fn follow(&self, why: impl AsyncFn() -> Option<Cause>) -> Result<()> {
        loop {
            self.until_well(&why).await;
            self.board.done(self.stage);
            self.well.set();
            self.while_well().await;
        }
    }

    async fn until_well(&self, why: &impl AsyncFn() -> Option<Cause>) {
        self.board.running(self.stage);
        let begun = Instant::now();
        let mut next_look = PATIENCE;
        loop {
            let Err(error) = self.endpoint.ask().await else {
                self.has_answered();
                return;
            };
            if matches!(error, Trouble::Answered { .. }) {
                self.has_answered();
            }
            if begun.elapsed() >= next_look {
                next_look = begun.elapsed() + LOOK;
                let said = Cause {
                    cause: error.to_string(),
                    remedy: None,
                };
                self.board.stuck(self.stage, why().await.unwrap_or(said));
            }
            sleep(self.eager).await;
        }
    }

    fn has_answered(&self) {
        if let Some(answers) = self.answers {
            answers.set();
        }
    }

    /// One silence is no illness: a busy machine misses a question now and then.
    async fn while_well(&self) {
        loop {
            sleep(CALM).await;
            if self.endpoint.ask().await.is_err() && self.endpoint.ask().await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::status::{Report, State};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_component_that_answers_is_done_and_opens_its_gate() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("status.json");
        let board = Board::new(&file, "server", "one", &[Stage::Etcd]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let well = Arc::new(Event::default());
        let followed = Followed {
            stage: Stage::Etcd,
            endpoint: Endpoint {
                address,
                path: "/readyz",
                tls: None,
            },
            eager: Duration::from_millis(5),
            board: &board,
            well: &well,
            answers: None,
        };
        let server = async {
            sleep(Duration::from_millis(50)).await;
            let listener = TcpListener::bind(address).await.unwrap();
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            }
        };
        tokio::select! {
            _ = followed.follow(async || None) => unreachable!("it follows for good"),
            () = server => unreachable!("it serves for good"),
            () = well.wait() => {}
        }
        let report: Report = serde_json::from_slice(&fs_err::read(&file).unwrap()).unwrap();
        assert_eq!(report.stages[0].state, State::Done);
    }
}
