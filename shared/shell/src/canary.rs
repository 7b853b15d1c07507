//! Whether our own way out works: when it does not, no receiver is to blame.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::guard::Reach;

/// Hosts of which any will do: those of the messengers, whom a bot has to reach anyway.
#[derive(Debug)]
pub(crate) struct Canary {
    hosts: Vec<String>,
    port: u16,
    /// How it was a moment ago: many failures at once ask once.
    known: Mutex<Option<(Instant, bool)>>,
}

const KNOWN_FOR: Duration = Duration::from_secs(10);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

impl Canary {
    /// The local stack may have no Internet, and its receivers need none.
    pub(crate) fn new(reach: Reach) -> Self {
        let all = platforms::PLATFORMS.iter().flat_map(|platform| platform.hosts);
        let hosts: BTreeSet<String> =
            all.filter_map(|host| Some(Url::parse(host.url).ok()?.host_str()?.to_owned())).collect();
        match reach {
            Reach::Public => Self::of(hosts.into_iter().collect()),
            Reach::PublicAnd(_) | Reach::Anywhere => Self::of(Vec::new()),
        }
    }

    fn of(hosts: Vec<String>) -> Self {
        Self { hosts, port: 443, known: Mutex::default() }
    }

    pub(crate) async fn is_well(&self) -> bool {
        if self.hosts.is_empty() {
            return true;
        }
        // Whoever asks meanwhile waits for the answer.
        let mut known = self.known.lock().await;
        if let Some((_, is_well)) = known.filter(|(at, _)| at.elapsed() < KNOWN_FOR) {
            return is_well;
        }
        let is_well = self.look().await;
        *known = Some((Instant::now(), is_well));
        is_well
    }

    async fn look(&self) -> bool {
        let connect = |host: &String| Box::pin(TcpStream::connect((host.clone(), self.port)));
        timeout(CONNECT_TIMEOUT, futures::future::select_ok(self.hosts.iter().map(connect)))
            .await
            .is_ok_and(|it| it.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_have_a_canary_of_several_messengers() {
        let Canary { hosts, .. } = Canary::new(Reach::Public);
        assert!(hosts.len() > 3 && hosts.contains(&"api.line.me".to_owned()), "{hosts:?}");
        assert!(Canary::new(Reach::Anywhere).hosts.is_empty());
    }

    #[tokio::test]
    async fn many_failures_at_once_ask_once() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let canary = Canary { port: listener.local_addr().unwrap().port(), ..Canary::of(vec!["127.0.0.1".to_owned()]) };
        let well = futures::future::join_all((0..20).map(|_| canary.is_well())).await;
        assert_eq!(well, [true; 20]);
        let accepted = timeout(Duration::from_millis(100), async {
            for n in 0.. {
                listener.accept().await.unwrap();
                assert!(n < 1, "asked more than once");
            }
        });
        assert!(accepted.await.is_err(), "no more came");
    }

    #[tokio::test]
    async fn ill_when_no_host_can_be_reached() {
        assert!(!Canary::of(vec!["closer.invalid".to_owned()]).is_well().await);
        assert!(Canary::of(Vec::new()).is_well().await);
    }
}
