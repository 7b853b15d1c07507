//! kakao

use model::PlatformType;

use crate::{Channel, Host, Platform, SettingsError, Setup};

pub const PLATFORM: Platform = Platform { kind: PlatformType::Kakao, hosts: HOSTS, connect };

const HOSTS: &[Host] = &[];

fn connect(_setup: Setup<'_>) -> Result<Box<dyn Channel>, SettingsError> {
    Err(SettingsError { platform: PlatformType::Kakao, reason: String::new() })
}
