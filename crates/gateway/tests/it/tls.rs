//! TLS on both sides, and a proxy on the way to the provider.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use parking_lot::Mutex;
use purser_standin::{Standin, StandinConfig, StandinHandle};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::asks::{Talk, Want, ask};
use crate::rig::{CREDENTIAL, Rig, Setup};
use crate::upstreams::{Fake, Tap};
use crate::wire::Conn;

/// The name of the provider; nobody but the proxy knows where it is.
const PROVIDER: &str = "provider.test";
/// Our own, in our certificate.
const GATEWAY: &str = "gateway.test";

#[test]
fn calls_go_through_tls_on_both_sides_and_a_proxy() {
    let ca = Ca::new();
    let mut way = None;
    let rig = Rig::start(|setup| way = Some(Way::laid(setup, &ca, &ca)));
    let way = way.unwrap();
    let client = plainly(rig.address, ca.roots());
    for talk in Talk::TEXT {
        for stream in [false, true] {
            let mut conn = Conn::open(client.address);
            conn.send(&ask(talk, &Want { stream, script: "output=40", ..Want::default() }).bytes());
            let answer = conn.answer();
            assert_eq!(answer.status(), 200, "{talk:?}: {answer:?}");
            assert!(answer.ended, "{talk:?}");
        }
    }
    rig.quiet();
    let charges = rig.charges(2 * Talk::TEXT.len());
    assert!(charges.iter().all(|charge| charge.nano > 0));

    let heard = way.heard.lock();
    assert!(!heard.is_empty());
    for asked in heard.iter() {
        let asked = String::from_utf8_lossy(asked);
        assert!(asked.starts_with(&format!("CONNECT {PROVIDER}:443 HTTP/1.1\r\n")), "{asked}");
        assert!(!asked.contains(CREDENTIAL), "the proxy must not see a credential");
    }
}

#[test]
fn a_provider_whose_certificate_is_a_strangers_gets_nothing() {
    let (ca, stranger) = (Ca::new(), Ca::new());
    let mut way = None;
    let rig = Rig::start(|setup| way = Some(Way::laid(setup, &ca, &stranger)));
    let way = way.unwrap();
    let client = plainly(rig.address, ca.roots());
    let mut conn = Conn::open(client.address);
    conn.send(&ask(Talk::Messages, &Want::default()).bytes());
    let answer = conn.answer();
    assert_eq!(answer.status(), 502, "{answer:?}");
    rig.releases(1);
    assert_eq!(way.provider.requests(), 0);
}

#[test]
fn a_proxy_that_refuses_is_told_of_and_costs_nothing() {
    let ca = Ca::new();
    let refusing = Fake::saying("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    let rig = Rig::start(|setup| {
        drop(Way::laid(setup, &ca, &ca));
        setup.https_proxy = Some(refusing.address.to_string());
        setup.tls = None;
    });
    let answer = rig.call(&ask(Talk::Messages, &Want::default()));
    assert_eq!(answer.status(), 502, "{answer:?}");
    rig.releases(1);
}

#[test]
fn what_is_no_tls_is_closed_and_nobody_else_notices() {
    let ca = Ca::new();
    let mut way = None;
    let rig = Rig::start(|setup| way = Some(Way::laid(setup, &ca, &ca)));
    let mut plain = rig.open();
    plain.send(&ask(Talk::Messages, &Want::default()).bytes());
    let said = plain.rest();
    assert!(!said.starts_with(b"HTTP/"), "{:?}", String::from_utf8_lossy(&said));
    let untrusting = plainly(rig.address, RootCertStore::empty());
    assert!(Conn::open(untrusting.address).rest().is_empty(), "this client does not trust us");

    let client = plainly(rig.address, ca.roots());
    let mut conn = Conn::open(client.address);
    conn.send(&ask(Talk::Messages, &Want::default()).bytes());
    assert_eq!(conn.answer().status(), 200);
    rig.charge();
    drop(way);
}

/// From the client to the provider: TLS, gateway, proxy, TLS.
struct Way {
    provider: Arc<Tap>,
    /// What the proxy was asked, and the bytes that came behind.
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    _proxy: Fake,
    _front: Fake,
    _standin: StandinHandle,
}

impl Way {
    /// The gateway's certificate is by the one authority, the provider's by the other.
    fn laid(setup: &mut Setup, ours: &Ca, theirs: &Ca) -> Self {
        let standin = Standin::start(StandinConfig::default()).unwrap();
        let provider = Arc::new(Tap::before(standin.addr));
        let plain = provider.fake.address;
        let acceptor = TlsAcceptor::from(theirs.server(PROVIDER));
        let front = between(move |tcp| {
            let acceptor = acceptor.clone();
            async move { join(acceptor.accept(tcp).await?, tokio::net::TcpStream::connect(plain).await?).await }
        });

        let heard = Arc::new(Mutex::new(Vec::new()));
        let (tls, hears) = (front.address, Arc::clone(&heard));
        let proxy = between(move |mut tcp| {
            let hears = Arc::clone(&hears);
            async move {
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    asked.push(tcp.read_u8().await?);
                }
                tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
                let mut onward = tokio::net::TcpStream::connect(tls).await?;
                let mut first = vec![0; 16 * 1024];
                let count = tcp.read(&mut first).await?;
                onward.write_all(&first[..count]).await?;
                asked.extend_from_slice(&first[..count]);
                hears.lock().push(asked);
                join(tcp, onward).await
            }
        });

        setup.tls = Some(ours.server(GATEWAY));
        setup.roots = client(ours.roots());
        setup.https_proxy = Some(proxy.address.to_string());
        for upstream in &mut setup.upstreams {
            (upstream.tls, upstream.host, upstream.port) = (true, PROVIDER.into(), 443);
        }
        Self { provider, heard, _proxy: proxy, _front: front, _standin: standin }
    }
}

/// A place where a client may speak plainly; it speaks TLS with the gateway.
fn plainly(gateway: SocketAddr, roots: RootCertStore) -> Fake {
    let connector = TlsConnector::from(client(roots));
    between(move |tcp| {
        let connector = connector.clone();
        async move {
            let onward = tokio::net::TcpStream::connect(gateway).await?;
            let name = ServerName::try_from(GATEWAY).unwrap();
            join(tcp, connector.connect(name, onward).await?).await
        }
    })
}

/// Serves each connection by an asynchronous function, on a thread of its own.
fn between<F>(serve: impl Fn(tokio::net::TcpStream) -> F + Send + Sync + 'static) -> Fake
where
    F: Future<Output = std::io::Result<()>>,
{
    Fake::start(move |stream: TcpStream| {
        stream.set_nonblocking(true).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Whoever ends it early is what the test is about.
        let _ended = runtime.block_on(async { serve(tokio::net::TcpStream::from_std(stream)?).await });
    })
}

async fn join(
    mut a: impl AsyncRead + AsyncWrite + Unpin,
    mut b: impl AsyncRead + AsyncWrite + Unpin,
) -> std::io::Result<()> {
    copy_bidirectional(&mut a, &mut b).await.map(drop)
}

/// An authority that nobody but its tests trusts.
struct Ca(CertifiedIssuer<'static, KeyPair>);

impl Ca {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }

    fn server(&self, name: &str) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let builder = ServerConfig::builder_with_provider(ring()).with_safe_default_protocol_versions().unwrap();
        Arc::new(builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap())
    }
}

/// A client that trusts these.
pub(crate) fn client(roots: RootCertStore) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(ring()).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

fn ring() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
