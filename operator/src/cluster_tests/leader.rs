//! Of several operators one leads, and the next takes over at once when it stops.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{PATIENCE, scene};
use crate::lease::Candidate;

#[test]
fn one_leads_at_a_time_and_a_lease_given_back_is_taken_at_once() {
    scene("leader", async |scene| {
        let leading = AtomicUsize::new(0);
        let elected = AtomicUsize::new(0);
        let work = async |lead: CancellationToken| {
            assert_eq!(leading.fetch_add(1, Ordering::SeqCst), 0, "two lead");
            elected.fetch_add(1, Ordering::SeqCst);
            lead.cancelled().await;
            leading.fetch_sub(1, Ordering::SeqCst);
        };
        let (first, second) = (CancellationToken::new(), CancellationToken::new());
        let candidate = |node| Candidate::new(scene.client.clone(), &scene.namespace, "test", node);
        let (one, other) = (candidate("one"), candidate("other"));
        let script = async {
            let until = async |count| {
                let begun = Instant::now();
                while elected.load(Ordering::SeqCst) < count {
                    assert!(begun.elapsed() < PATIENCE, "nobody leads");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                begun.elapsed()
            };
            until(1).await;
            tokio::time::sleep(Duration::from_secs(3)).await;
            assert_eq!(elected.load(Ordering::SeqCst), 1, "the second waits");
            first.cancel();
            // Sooner than the lease would run out.
            assert!(until(2).await < Duration::from_secs(10));
            second.cancel();
        };
        let begin_second = async {
            while elected.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            other.run(second.clone(), &work).await;
        };
        futures::join!(one.run(first.clone(), &work), begin_second, script);
        let leases = scene.api("coordination.k8s.io/v1", "Lease").await;
        let lease = leases.get("test").await.unwrap();
        assert!(lease.data["spec"]["holderIdentity"].is_null(), "given back");
    });
}
