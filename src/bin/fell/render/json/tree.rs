//! What `fell tree --json` prints.

use fell::linux::own::boot_time;
use fell::selection::Caveat;
use fell::signal::Signal;
use fell::signal::disposition::Disposition;
use fell::signal::reference::Action;
use serde::Serialize;

use super::process::{ProcessDocument, ReasonDocument, process, reason_document, refusal_word};
use super::{VERSION, warnings};
use crate::report::{Forecast, Part, Row};

/// What `fell tree --json` prints.
#[derive(Debug, Serialize)]
pub struct TreeDocument {
    version: u32,
    signal: String,
    partial: bool,
    processes: Vec<TreeProcessDocument>,
    summary: SummaryDocument,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TreeProcessDocument {
    #[serde(flatten)]
    process: ProcessDocument,
    part: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'static str>,
    disposition: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct SummaryDocument {
    processes: usize,
    groups: usize,
    sessions: usize,
    by_default: usize,
    caught: usize,
    ignored: usize,
    blocked: usize,
    pending: usize,
    shielded: usize,
    stopped: usize,
    zombies: usize,
    refused: usize,
    related: usize,
}

/// The picture as data.
pub fn tree(rows: &[Row], signal: Signal, caveats: &[Caveat], partial: bool) -> TreeDocument {
    let boot = boot_time();
    let forecast = Forecast::of(rows, signal);
    TreeDocument {
        version: VERSION,
        signal: signal.to_string(),
        partial,
        processes: rows
            .iter()
            .map(|row| TreeProcessDocument {
                process: process(&row.process, row.description.as_deref(), boot),
                part: match row.part {
                    Part::Member { .. } => "member",
                    Part::Refused(_) => "refused",
                    Part::Related => "related",
                    Part::Bystander => "bystander",
                },
                reason: match row.part {
                    Part::Member { reason, .. } => Some(reason_document(reason)),
                    _ => None,
                },
                refusal: match row.part {
                    Part::Refused(why) => Some(refusal_word(why)),
                    _ => None,
                },
                disposition: row.disposition(signal).map(disposition_word),
            })
            .collect(),
        summary: SummaryDocument {
            processes: forecast.processes,
            groups: forecast.groups,
            sessions: forecast.sessions,
            by_default: forecast.by_default,
            caught: forecast.caught,
            ignored: forecast.ignored,
            blocked: forecast.blocked,
            pending: forecast.pending,
            shielded: forecast.shielded,
            stopped: forecast.stopped,
            zombies: forecast.zombies,
            refused: forecast.refused,
            related: forecast.related,
        },
        warnings: warnings(caveats),
    }
}

fn disposition_word(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Caught => "caught",
        Disposition::Ignored => "ignored",
        Disposition::Blocked => "blocked",
        Disposition::Pending => "pending",
        Disposition::Shielded => "shielded",
        Disposition::Default(action) => match action {
            Action::Terminate | Action::Core => "default_end",
            Action::Ignore => "default_ignore",
            Action::Stop => "default_stop",
            Action::Continue => "default_continue",
        },
    }
}
