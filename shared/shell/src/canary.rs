//! Whether our own way out works: when it does not, no receiver is to blame.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use crate::guard::Reach;

/// Hosts of which any will do: those of the messengers, whom a bot has to reach anyway.
#[derive(Debug)]
pub(crate) struct Canary(Vec<String>);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

impl Canary {
    /// The local stack may have no Internet, and its receivers need none.
    pub(crate) fn new(reach: Reach) -> Self {
        let all = platforms::PLATFORMS.iter().flat_map(|platform| platform.hosts);
        let hosts: BTreeSet<String> =
            all.filter_map(|host| Some(Url::parse(host.url).ok()?.host_str()?.to_owned())).collect();
        match reach {
            Reach::Public => Self(hosts.into_iter().collect()),
            Reach::PublicAnd(_) | Reach::Anywhere => Self(Vec::new()),
        }
    }

    pub(crate) async fn is_well(&self) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let connect = |host: &String| Box::pin(TcpStream::connect((host.clone(), 443)));
        timeout(CONNECT_TIMEOUT, futures::future::select_ok(self.0.iter().map(connect)))
            .await
            .is_ok_and(|it| it.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_have_a_canary_of_several_messengers() {
        let Canary(hosts) = Canary::new(Reach::Public);
        assert!(hosts.len() > 3 && hosts.contains(&"api.line.me".to_owned()), "{hosts:?}");
        assert!(Canary::new(Reach::Anywhere).0.is_empty());
    }

    #[tokio::test]
    async fn ill_when_no_host_can_be_reached() {
        assert!(!Canary(vec!["closer.invalid".to_owned()]).is_well().await);
        assert!(Canary(Vec::new()).is_well().await);
    }
}
