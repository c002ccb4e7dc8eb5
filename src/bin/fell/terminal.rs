//! What a stream can show: colours, how wide, which characters.

use std::env;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use terminal_size::{Width, terminal_size_of};

use crate::cli::ColorChoice;

/// Which characters lines are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// Box drawing characters and others.
    Unicode,
    /// Nothing above 127.
    Ascii,
}

/// Whether colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// Yes.
    Colour,
    /// No escape sequence at all.
    Plain,
}

/// What a stream can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Columns; `None` where nothing is to be cut: a pipe or a file.
    pub width: Option<usize>,
    /// The characters to draw with.
    pub charset: Charset,
    /// Colours or none.
    pub palette: Palette,
}

impl Terminal {
    /// Standard output.
    pub fn stdout(color: ColorChoice) -> Self {
        Self::of(&io::stdout(), color)
    }

    /// Standard error.
    pub fn stderr(color: ColorChoice) -> Self {
        Self::of(&io::stderr(), color)
    }

    fn of<Stream: AsFd + IsTerminal>(stream: &Stream, color: ColorChoice) -> Self {
        let is_terminal = stream.is_terminal();
        let is_colourful = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !is_set("NO_COLOR") && !is_dumb(),
        };
        Self {
            width: is_terminal.then(|| {
                terminal_size_of(stream)
                    .map_or(80, |(Width(columns), _)| usize::from(columns).max(1))
            }),
            charset: if locale().is_utf8() {
                Charset::Unicode
            } else {
                Charset::Ascii
            },
            palette: if is_colourful {
                Palette::Colour
            } else {
                Palette::Plain
            },
        }
    }
}

/// The locale's name for messages and characters, such as `zh_CN.UTF-8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale {
    messages: String,
    characters: String,
}

/// The locale of the environment: LC_ALL, else the category's variable, else LANG,
/// the first that is set and not empty (locale(7)).
pub fn locale() -> Locale {
    let first = |category: &str| {
        ["LC_ALL", category, "LANG"]
            .iter()
            .filter_map(|name| env::var(name).ok())
            .find(|value| !value.is_empty())
            .unwrap_or_default()
    };
    Locale {
        messages: first("LC_MESSAGES"),
        characters: first("LC_CTYPE"),
    }
}

impl Locale {
    /// The language of messages: `en`, `zh`; empty for none.
    pub fn language(&self) -> &str {
        let end = self.messages.find(['_', '.', '@']);
        &self.messages[..end.unwrap_or(self.messages.len())]
    }

    fn is_utf8(&self) -> bool {
        let name = self.characters.to_ascii_lowercase();
        name.ends_with(".utf-8")
            || name.ends_with(".utf8")
            || name.contains(".utf-8@")
            || name.contains(".utf8@")
    }
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|value| value == "dumb")
}
