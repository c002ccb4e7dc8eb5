//! A command line as the kernel keeps it.

#![forbid(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The arguments that a program was started with, or the title that it wrote over them.
///
/// One text, as in /proc/PID/cmdline: a list of texts would take five times the memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandLine(Vec<u8>);

impl CommandLine {
    /// From a text in which each argument is ended by a null byte. A program that wrote a
    /// title over them may have left no end, or many.
    pub fn new(text: &[u8]) -> Self {
        let end = text.iter().rposition(|&byte| byte != 0);
        Self(end.map_or_else(Vec::new, |last| text[..=last].to_vec()))
    }

    /// Whether there is none: of a zombie, or a kernel thread.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after the other.
    pub fn arguments(&self) -> impl Iterator<Item = &OsStr> {
        let all = (!self.0.is_empty()).then_some(&self.0);
        all.into_iter()
            .flat_map(|text| text.split(|&byte| byte == 0))
            .map(OsStr::from_bytes)
    }
}

impl FromIterator<OsString> for CommandLine {
    fn from_iter<I: IntoIterator<Item = OsString>>(arguments: I) -> Self {
        let texts: Vec<Vec<u8>> = arguments.into_iter().map(OsString::into_vec).collect();
        Self::new(&texts.join(&0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_end_at_null_bytes() {
        for (text, expected) in [
            (&b""[..], &[][..]),
            (b"\0\0", &[]),
            (b"sh\0-c\0x y\0", &["sh", "-c", "x y"]),
            (b"nginx: master process", &["nginx: master process"]),
            (b"title\0\0\0\0", &["title"]),
            (b"a\0\0b\0", &["a", "", "b"]),
        ] {
            let command = CommandLine::new(text);
            assert_eq!(command.arguments().collect::<Vec<_>>(), expected);
            assert_eq!(command.is_empty(), expected.is_empty());
        }
    }

    #[test]
    fn a_list_of_arguments_is_the_same_as_its_text() {
        let listed: CommandLine = ["sh", "-c", ""].map(OsString::from).into_iter().collect();
        assert_eq!(listed, CommandLine::new(b"sh\0-c\0\0"));
    }
}
