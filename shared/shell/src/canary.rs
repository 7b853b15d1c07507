//! Whether our own way out works: when it does not, no receiver is to blame.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::guard::Reach;

/// Hosts of which any will do: those of the messengers, whom a bot has to reach anyway.
#[derive(Debug)]
pub(crate) struct Canary {
    hosts: Vec<String>,
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
        Self { hosts, known: Mutex::default() }
    }

    pub(crate) async fn is_well(&self) -> bool {
        if self.hosts.is_empty() {
            return true;
        }
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, is_well)) = known.filter(|(at, _)| at.elapsed() < KNOWN_FOR) {
            return is_well;
        }
        let is_well = self.look().await;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), is_well));
        is_well
    }

    async fn look(&self) -> bool {
        let connect = |host: &String| Box::pin(TcpStream::connect((host.clone(), 443)));
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
    async fn ill_when_no_host_can_be_reached() {
        assert!(!Canary::of(vec!["closer.invalid".to_owned()]).is_well().await);
        assert!(Canary::of(Vec::new()).is_well().await);
    }
}
