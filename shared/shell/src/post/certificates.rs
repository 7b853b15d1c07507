//! Receivers whose TLS is not in order: nobody's option to overlook.

use std::sync::Arc;

use delivery::{Cause, Exchange};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, TrustAnchor};
use rustls::{ServerConfig, crypto};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::guard::Reach;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nOK";

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    fn anchor(&self) -> TrustAnchor<'static> {
        webpki::anchor_from_trusted_cert(&self.certificate).unwrap().to_owned()
    }

    /// A receiver with a certificate of this authority, or of nobody; says where.
    async fn receiver(&self, host: &str, expired: bool, by_itself: bool) -> String {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        if expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate =
            if by_itself { params.self_signed(&key) } else { params.signed_by(&key, &self.issuer) }.unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let Ok(mut connection) = acceptor.accept(connection).await else { continue };
                let _ = connection.read(&mut [0; 4096]).await;
                let _ = connection.write_all(OK.as_bytes()).await;
                let _ = connection.shutdown().await;
            }
        });
        format!("https://localhost:{port}/closer")
    }
}

/// Answers a TLS handshake with these bytes, or with none at all.
async fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let _ = connection.read(&mut [0; 4096]).await;
            if bytes.is_empty() {
                std::future::pending::<()>().await;
            }
            let _ = connection.write_all(bytes).await;
        }
    });
    format!("https://localhost:{port}/closer")
}

/// A ServerHello of TLS 1.1: record and version 0x0302, 32 bytes of chance, no session, TLS_RSA_WITH_AES_128_CBC_SHA.
const TLS_1_1: &[u8] = &[
    0x16, 0x03, 0x02, 0x00, 0x2a, 0x02, 0x00, 0x00, 0x26, 0x03, 0x02, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0x00, 0x00, 0x2f, 0x00,
];
/// The alert `protocol_version`, of a server that speaks no version of ours.
const NO_COMMON_VERSION: &[u8] = &[0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 70];

#[tokio::test]
async fn certificates_and_versions() {
    let (ours, others) = (Authority::new(), Authority::new());
    let guarded = Guarded::trusting(Reach::Anywhere, &ours.anchor());
    let certificate = Exchange::Certificate;
    for (what, url, expected) in [
        ("in order", ours.receiver("localhost", false, false).await, Exchange::Answered { status: 200 }),
        ("expired", ours.receiver("localhost", true, false).await, certificate),
        ("of another host", ours.receiver("hooks.example.com", false, false).await, certificate),
        ("signed by itself", ours.receiver("localhost", false, true).await, certificate),
        ("of an unknown issuer", others.receiver("localhost", false, false).await, certificate),
        ("TLS 1.1", answering(TLS_1_1).await, certificate),
        ("no common version", answering(NO_COMMON_VERSION).await, certificate),
        ("no TLS", answering(OK.as_bytes()).await, Exchange::Malformed),
        ("nothing", answering(b"").await, Exchange::TimedOut),
    ] {
        let post = Post { url: &url, headers: &[], body: "{}", deadline_ms: 1000 };
        let exchange = guarded.deliver(&post).await.answer.exchange;
        assert_eq!(exchange, expected, "{what}");
    }
    assert_eq!(certificate.cause(), Some(Cause::Certificate));
}
