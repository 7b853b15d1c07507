//! What a bot asks of the world, done.

use flow::{Answer, Ask};

use crate::aws::Aws;
use crate::guard::Reach;
use crate::mail::{Mail, MailConfig};
use crate::outgoing::Guarded;
use crate::scripts;

#[derive(Debug)]
pub(crate) struct World {
    http: Guarded,
    mail: Mail,
}

impl World {
    pub(crate) fn new(aws: &Aws, mail: MailConfig, reach: Reach) -> Self {
        Self { http: Guarded::new(reach), mail: Mail::new(mail, aws.account.clone()) }
    }

    pub(crate) async fn ask(&self, ask: Ask) -> Answer {
        match ask {
            Ask::Http(ask) => Answer::Http(self.http.ask(ask).await),
            Ask::Script(ask) => Answer::Script(scripts::run(ask, &self.http).await),
            Ask::Mail(ask) => Answer::Mail(self.mail.send(&ask).await),
        }
    }
}
