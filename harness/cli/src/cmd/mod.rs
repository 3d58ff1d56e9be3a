//! The verbs, a file each.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod corpus;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fuzz;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod museum;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod sessions;
pub(crate) mod shim;
pub(crate) mod targets;
pub(crate) mod worker;

mod common;
mod service;
mod subjects;

use std::path::PathBuf;

use crate::config::Config;
use crate::error::Result;
use crate::{shims, store};

/// The flag of every verb that reads `assay.toml`.
#[derive(Debug, clap::Args)]
struct Configuration {
    /// The configuration [default: assay.toml here or in a folder above].
    #[arg(long, value_name = "FILE", env = "ASSAY_CONFIG")]
    config: Option<PathBuf>,
}

impl Configuration {
    fn read(&self) -> Result<Config> {
        let mut config = Config::find(self.config.as_deref())?;
        if config.shims.is_none()
            && let Some(folder) = store::checkout().map(|root| root.join(SHIMS)).filter(|folder| folder.is_dir())
        {
            config.available = shims::installed(&folder)?;
        }
        Ok(config)
    }
}

/// The folder of shims in a checkout.
const SHIMS: &str = "harness/shims";
