//! TLS: our certificate towards clients, the machine's roots towards providers.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// A sentence and what to do about it.
type Complaint = (String, String);

/// A certificate chain and its key, both PEM.
pub(super) fn server(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, Complaint> {
    let bad = |file: &Path, what: &str, error: &dyn std::fmt::Display| {
        (
            format!("{}: {what}: {error}", file.display()),
            "listen.tls wants two PEM files: cert (the chain) and key".to_owned(),
        )
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(cert, "no certificate", &error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, "no private key", &error))?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| bad(cert, "certificate and key can't be used together", &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// What providers' certificates must chain to: the machine's roots, and those that `SSL_CERT_FILE` names.
pub(super) fn roots() -> Result<Arc<ClientConfig>, Complaint> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (_added, skipped) = roots.add_parsable_certificates(found.certs);
    if skipped > 0 {
        tracing::debug!(skipped, "some of the machine's trusted roots could not be read");
    }
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| (format!("TLS can't be set up: {error}"), "this is a fault of this build".to_owned()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
