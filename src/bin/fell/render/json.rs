//! The wire format: what `--json` prints. Fields may be added, none is renamed.

use fell::selection::Caveat;
use serde::Serialize;

mod process;
mod run;
mod stop;
mod tree;

pub use run::{Program, run};
pub use stop::{StopContext, dry_run, nobody, out_of_reach, refusal, stop};
pub use tree::tree;

use super::text::escape_json;
use crate::terminal::Charset;

/// The version of the format.
const VERSION: u32 = 1;

fn warnings(caveats: &[Caveat]) -> Vec<String> {
    caveats
        .iter()
        .map(|caveat| super::stop::caveat(caveat, Charset::Unicode))
        .collect()
}

/// The document as text, ended by a newline.
pub fn print(document: &impl Serialize) -> serde_json::Result<String> {
    let mut text = escape_json(&serde_json::to_string_pretty(document)?);
    text.push('\n');
    Ok(text)
}
