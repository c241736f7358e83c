//! The configuration: `purser.toml`, or none at all.
//!
//! Read once at the start. A mistake is told with its line, the field and what was probably meant. Secrets are never
//! in the file: it names the variable or the file they are in.

mod breakers;
mod file;
mod mistake;
mod policy;
mod provider;
mod quantity;
#[cfg(test)]
mod reference;
mod tls;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use purser_core::money::Currency;
use purser_core::policy::Policy;
use purser_core::zone::Zone;
use purser_gateway::{GatewayConfig, Upstream};
use purser_store::JournalKind;
use toml::Spanned;

use self::file::File;
pub(crate) use self::mistake::Mistake;
pub(crate) use self::provider::usual_variables;
pub(crate) use self::quantity::Span;

/// The file looked for where none is named.
const USUAL_FILE: &str = "purser.toml";
/// The data folder where none is named.
const USUAL_DATA: &str = "purser-data";

/// What was read, checked as far as it can be without opening anything.
#[derive(Debug)]
pub(crate) struct Config {
    file: File,
    source: String,
    path: Option<PathBuf>,
}

/// Everything `serve` needs besides the data folder.
pub(crate) struct Serve {
    /// For the gateway.
    pub(crate) gateway: GatewayConfig,
    /// Where the API listens on TCP.
    pub(crate) control: SocketAddr,
    /// Where tools reach the gateway, when that is another address than the one listened on.
    pub(crate) gateway_url: Option<String>,
    /// Where people reach the pages, likewise.
    pub(crate) control_url: Option<String>,
    /// TLS for the API: the same as the gateway's.
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    /// How calls are admitted.
    pub(crate) policy: Policy,
    /// The providers' accounts whose reports can be fetched.
    pub(crate) accounts: Vec<Arc<Upstream>>,
}

impl Config {
    /// Reads the file that was named, or `purser.toml` of the working folder where there is one, or takes the
    /// defaults.
    ///
    /// # Errors
    /// The file can't be read or has a mistake.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, Mistake> {
        let usual = Path::new(USUAL_FILE);
        Self::load_named(named.or_else(|| usual.exists().then_some(usual)))
    }

    /// Reads the file that was named, or takes the defaults, whatever the working folder holds: for commands that are
    /// run in folders of strangers, which must not be able to say where credentials go.
    ///
    /// # Errors
    /// The file can't be read or has a mistake.
    pub(crate) fn load_named(named: Option<&Path>) -> Result<Self, Mistake> {
        let Some(path) = named else {
            return Ok(Self { file: File::default(), source: String::new(), path: None });
        };
        let source = std::fs::read_to_string(path).map_err(|error| {
            Mistake::new(
                Some(path),
                format!("can't be read: {error}"),
                "--config names the file; leave it out to start without one",
            )
        })?;
        Self::parse(source, Some(path))
    }

    /// Reads the text of a file; `path` is only how it is called in a mistake.
    ///
    /// # Errors
    /// It has a mistake.
    pub(crate) fn parse(source: String, path: Option<&Path>) -> Result<Self, Mistake> {
        refuse_newer(&source, path)?;
        let file: File = toml::from_str(&source).map_err(|error| Mistake::from_toml(path, &source, &error))?;
        Ok(Self { file, source, path: path.map(Path::to_owned) })
    }

    /// The data folder where none is named: `./purser-data`.
    pub(crate) fn usual_data() -> PathBuf {
        PathBuf::from(USUAL_DATA)
    }

    /// The data folder: the one of the command line, else the file's, relative to the file, else the usual one.
    pub(crate) fn data(&self, named: Option<&Path>, usual: PathBuf) -> PathBuf {
        match (named, &self.file.data) {
            (Some(named), _) => named.to_owned(),
            (None, Some(data)) => self.folder().join(data),
            (None, None) => usual,
        }
    }

    /// Months after which what an offer said that came to nothing is forgotten, where that is set.
    pub(crate) fn candidate_months(&self) -> Option<u16> {
        self.file.retention.candidate_months.map(std::num::NonZero::get)
    }

    /// How long calls under way may go on at a restart.
    pub(crate) fn restart_drain(&self) -> Duration {
        self.file.limits.restart_drain.0
    }

    /// The currency of a ledger that is made now.
    pub(crate) fn currency(&self) -> &Currency {
        &self.file.currency
    }

    /// Where the periods of a company that is founded now begin and end.
    pub(crate) fn zone(&self) -> &Zone {
        &self.file.zone
    }

    /// How the journal of a folder that is made now is kept.
    pub(crate) fn journal(&self) -> JournalKind {
        self.file.ledger.journal.into()
    }

    /// Was a file read?
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What `serve` needs. Reads the files and variables that the configuration names.
    ///
    /// # Errors
    /// An address that may not be listened on, a provider without a key, a certificate that can't be read, policies
    /// that contradict each other.
    pub(crate) fn serve(&self, environment: provider::Environment<'_>) -> Result<Serve, Mistake> {
        let listen = &self.file.listen;
        for (field, address) in [("gateway", listen.gateway), ("control", listen.control)] {
            if !address.ip().is_loopback() && listen.tls.is_none() && !listen.behind_proxy {
                return Err(self.mistake(
                    format!("listen.{field} = \"{address}\" can be reached from other machines, where keys would travel in the clear"),
                    "set listen.tls = { cert = \"…\", key = \"…\" }, or behind_proxy = true when a proxy in front does the TLS",
                ));
            }
        }
        let tls = listen
            .tls
            .as_ref()
            .map(|tls| tls::server(&self.folder().join(&tls.cert), &self.folder().join(&tls.key)))
            .transpose()
            .map_err(|(what, hint)| self.mistake(what, hint))?;
        let roots = tls::roots().map_err(|(what, hint)| self.mistake(what, hint))?;
        let gateway = GatewayConfig {
            listen: listen.gateway,
            tls: tls.clone(),
            threads: listen.threads,
            limits: (&self.file.limits).into(),
            upstreams: self.upstreams(environment)?,
            https_proxy: ["HTTPS_PROXY", "https_proxy"]
                .iter()
                .find_map(|name| environment(name))
                .map(|url| proxy(&url)),
            roots,
        };
        let policy = self.policy()?;
        let outside =
            |field: &str, url: &Option<String>| url.as_deref().map(|url| self.outside(field, url)).transpose();
        let gateway_url = outside("gateway_url", &listen.gateway_url)?;
        let control_url = outside("control_url", &listen.control_url)?;
        let accounts = self.accounts(environment)?;
        Ok(Serve { gateway, control: listen.control, gateway_url, control_url, tls, policy, accounts })
    }

    /// How calls are admitted.
    ///
    /// # Errors
    /// Fields that contradict each other.
    pub(crate) fn policy(&self) -> Result<Policy, Mistake> {
        self.file.policy.resolve().map_err(|(what, hint)| self.mistake(what, hint))
    }

    /// How calls would be admitted if what another file names in its `[policy]` stood in this one. The rest of the other
    /// file is not looked at.
    ///
    /// # Errors
    /// The other file can't be read or has a mistake.
    pub(crate) fn policy_with(&self, other: &Path) -> Result<Policy, Mistake> {
        let read = Self::load_named(Some(other))?;
        // Both were read as configurations before, so they are tables.
        let table = |source: &str| source.parse::<toml::Table>().unwrap_or_default();
        let (own, new) = (table(&self.source), table(&read.source));
        let named = |table: &toml::Table| table.get("policy").cloned().unwrap_or_else(|| toml::Table::new().into());
        let merged: policy::Policy = overlaid(named(&own), named(&new))
            .try_into()
            .map_err(|error: toml::de::Error| read.mistake(error.message(), "see docs/reference/configuration.md"))?;
        merged.resolve().map_err(|(what, hint)| read.mistake(what, hint))
    }

    /// An address by which others reach a listener, without a slash at its end.
    fn outside(&self, field: &str, url: &str) -> Result<String, Mistake> {
        let uri: Option<http::Uri> = url.parse().ok();
        let whole = uri.as_ref().is_some_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some() && uri.query().is_none()
        });
        if !whole {
            let what = format!("listen.{field} = \"{url}\" is no address of a server");
            return Err(self.mistake(what, "write it like \"https://purser.example.com\""));
        }
        Ok(url.trim_end_matches('/').to_owned())
    }

    /// The providers in the order of the file.
    fn upstreams(&self, environment: provider::Environment<'_>) -> Result<Vec<Arc<Upstream>>, Mistake> {
        if self.file.providers.is_empty() {
            return Ok(provider::usual(environment));
        }
        let mut written: Vec<_> = self.file.providers.iter().collect();
        written.sort_by_key(|(_, provider)| provider.span().start);
        let known: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
        let mut upstreams = Vec::with_capacity(written.len());
        for (name, provider) in &written {
            let (span, provider) = (provider.span(), provider.get_ref());
            for other in &provider.fallback {
                if !known.contains(&other.as_str()) {
                    let hint = match mistake::closest(other, &known) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("providers of this file: {}", known.join(", ")),
                    };
                    let what = format!("`{name}` falls back to `{other}`, which is not a provider here");
                    return Err(Mistake::at(self.path(), &self.source, span, what, hint));
                }
            }
            let upstream = provider::upstream(name, provider, self.folder(), environment)
                .map_err(|(what, hint)| Mistake::at(self.path(), &self.source, span, what, hint))?;
            upstreams.push(Arc::new(upstream));
        }
        Ok(upstreams)
    }

    /// The accounts whose reports can be fetched.
    fn accounts(&self, environment: provider::Environment<'_>) -> Result<Vec<Arc<Upstream>>, Mistake> {
        let mut accounts = Vec::new();
        for (name, provider) in &self.file.providers {
            let account = provider::account(name, provider.get_ref(), self.folder(), environment)
                .map_err(|(what, hint)| Mistake::at(self.path(), &self.source, provider.span(), what, hint))?;
            accounts.extend(account.map(Arc::new));
        }
        Ok(accounts)
    }

    /// What relative paths in the file are relative to.
    fn folder(&self) -> &Path {
        self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }

    fn mistake(&self, what: impl Into<String>, hint: impl Into<String>) -> Mistake {
        Mistake::new(self.path(), what, hint)
    }
}

/// Refuses a file of a newer form, before the fields in it that are not known here are called mistakes.
fn refuse_newer(source: &str, path: Option<&Path>) -> Result<(), Mistake> {
    #[derive(serde::Deserialize)]
    struct Head {
        version: Option<Spanned<u64>>,
    }
    // What is wrong with it otherwise is told by the reading that follows.
    let version = toml::from_str(source).ok().and_then(|head: Head| head.version);
    match version {
        Some(version) if *version.get_ref() > file::VERSION => Err(Mistake::at(
            path,
            source,
            version.span(),
            format!("the file has version {}, this Purser knows up to {}", version.get_ref(), file::VERSION),
            "run the newer Purser that it was written for, or write it for this one",
        )),
        _ => Ok(()),
    }
}

/// One value with all that the other one names in place of its own.
fn overlaid(own: toml::Value, new: toml::Value) -> toml::Value {
    match (own, new) {
        (toml::Value::Table(mut own), toml::Value::Table(new)) => {
            for (name, value) in new {
                let value = match own.remove(&name) {
                    Some(before) => overlaid(before, value),
                    None => value,
                };
                own.insert(name, value);
            }
            own.into()
        }
        (_, new) => new,
    }
}

/// `http://proxy:3128/` as `proxy:3128`.
fn proxy(url: &str) -> String {
    let rest = url.trim().trim_start_matches("http://").trim_start_matches("https://");
    rest.trim_end_matches('/').to_owned()
}
