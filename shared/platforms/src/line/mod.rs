//! line

use model::PlatformType;

use crate::{Channel, Host, Platform, SettingsError, Setup};

pub const PLATFORM: Platform = Platform { kind: PlatformType::Line, hosts: HOSTS, connect };

const HOSTS: &[Host] = &[];

fn connect(_setup: Setup<'_>) -> Result<Box<dyn Channel>, SettingsError> {
    Err(SettingsError { platform: PlatformType::Line, reason: String::new() })
}
