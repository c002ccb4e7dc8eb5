//! Writing what is to be told without ever being held up by who should read it.
//!
//! A stop hook must not hang because nobody reads its output, and a closed stream is
//! no reason to end half-way. So a stream is asked first whether it takes a write.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use anyhow::{Context, Result};
use fell::linux::own::is_writable;

/// How long a reader may take to make room before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a pipe that has room takes at once (PIPE_BUF of Linux).
const PIECE: usize = 4096;

/// Whether a text was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// All of it.
    Yes,
    /// The stream is closed, full or broken.
    No,
}

/// Writes to standard output; what a reader does not take within five seconds, or a
/// closed stream, is dropped.
pub fn result(text: &str) -> Written {
    result_within(text, PATIENCE)
}

/// Writes to standard output if it takes the text right now.
pub fn result_now(text: &str) -> Written {
    result_within(text, Duration::ZERO)
}

/// A reader who has seen enough is no failure, but a result that is lost is told: the
/// exit status speaks of the stop.
fn result_within(text: &str, patience: Duration) -> Written {
    match write(&mut io::stdout().lock(), text, patience) {
        Ok(written) => written,
        Err(error) => {
            if error.kind() != io::ErrorKind::BrokenPipe {
                message_now(&format!("fell: can't write to standard output: {error}\n"));
            }
            Written::No
        }
    }
}

/// The same as [`result`] for standard error.
pub fn message(text: &str) -> Written {
    write(&mut io::stderr().lock(), text, PATIENCE).unwrap_or(Written::No)
}

/// Writes to standard error if it takes the text right now.
pub fn message_now(text: &str) -> Written {
    write(&mut io::stderr().lock(), text, Duration::ZERO).unwrap_or(Written::No)
}

/// Writes to standard output as any program does: waits for the reader as long as it
/// takes. For commands that only print: a reader who has seen enough is no failure,
/// anything else is.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("can't write to standard output")
        }
        _ => Ok(()),
    }
}

fn write<Stream: Write + AsFd>(
    stream: &mut Stream,
    text: &str,
    patience: Duration,
) -> io::Result<Written> {
    for piece in text.as_bytes().chunks(PIECE) {
        if !is_writable(stream.as_fd(), patience) {
            return Ok(Written::No);
        }
        stream.write_all(piece)?;
        stream.flush()?;
    }
    Ok(Written::Yes)
}
