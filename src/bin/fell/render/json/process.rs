//! A process, and how it is told why it belongs or may not be signalled.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fell::guard::Refusal;
use fell::process::{Process, StartTime};
use fell::selection::Reason;
use fell::system::Description;
use serde::Serialize;

use crate::render::words;

#[derive(Debug, Serialize)]
pub(super) struct ProcessDocument {
    pid: i32,
    start_ticks: u64,
    started_at: String,
    ppid: Option<i32>,
    pgid: Option<i32>,
    sid: Option<i32>,
    uid: Option<u32>,
    name: Text,
    command: Option<Vec<Text>>,
    state: String,
}

/// Text, or its bytes in base64 where it is not UTF-8.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Text {
    Text(String),
    Bytes { base64: String },
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum ReasonDocument {
    Target,
    Descendant { of: i32 },
    Group { pgid: i32 },
    Session { sid: i32 },
}

pub(super) fn process(
    process: &Process,
    description: Option<&Description>,
    boot: SystemTime,
) -> ProcessDocument {
    let StartTime(ticks) = process.identity.started;
    ProcessDocument {
        pid: process.pid().get(),
        start_ticks: ticks,
        started_at: time(boot + process.identity.started.since_boot()),
        ppid: process.parent.map(|it| it.get()),
        pgid: process.group.map(|it| it.get()),
        sid: process.session.map(|it| it.get()),
        uid: description.map(|it| it.owner),
        name: text(&process.name),
        command: description.map(|it| it.command.arguments().map(text).collect()),
        state: words::state(process),
    }
}

pub(super) fn text(bytes: &OsStr) -> Text {
    match bytes.to_str() {
        Some(text) => Text::Text(text.to_owned()),
        None => Text::Bytes {
            base64: STANDARD.encode(bytes.as_bytes()),
        },
    }
}

pub(super) fn reason_document(reason: Reason) -> ReasonDocument {
    match reason {
        Reason::Target => ReasonDocument::Target,
        Reason::Descendant(of) => ReasonDocument::Descendant { of: of.get() },
        Reason::Group(group) => ReasonDocument::Group { pgid: group.get() },
        Reason::Session(session) => ReasonDocument::Session { sid: session.get() },
    }
}

pub(super) fn refusal_word(why: Refusal) -> &'static str {
    match why {
        Refusal::Myself => "self",
        Refusal::Ancestor => "ancestor",
        Refusal::Init => "init",
        Refusal::KernelThread => "kernel_thread",
    }
}

pub(super) fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}
