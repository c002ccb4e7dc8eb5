//! Other people's bytes made safe to print, and texts cut to a width. The only
//! place that escapes.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::terminal::Charset;

/// A name or an argument, safe to print: what is not UTF-8, control characters and
/// those that turn or hide text appear as escapes, and with [`Charset::Ascii`] all
/// that is not ASCII.
pub fn escape(bytes: &OsStr, charset: Charset) -> String {
    let mut text = String::new();
    push_escaped(&mut text, bytes, charset);
    text
}

/// Appends the same.
pub fn push_escaped(text: &mut String, bytes: &OsStr, charset: Charset) {
    let is_plain = |&byte: &u8| matches!(byte, b' '..=b'~') && byte != b'\\';
    // What nearly all of them are is taken as it is.
    if let Some(plain) = bytes.to_str()
        && plain.as_bytes().iter().all(is_plain)
    {
        text.push_str(plain);
        return;
    }
    for chunk in bytes.as_bytes().utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                _ if char.is_ascii_control() => {
                    let _ = write!(text, "\\x{:02x}", u32::from(char));
                }
                _ if is_unsafe(char) || !char.is_ascii() && charset == Charset::Ascii => {
                    let _ = write!(text, "\\u{{{:x}}}", u32::from(char));
                }
                _ => text.push(char),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
}

/// A JSON text, safe to print: JSON itself escapes only the first 32 characters. The
/// others that a terminal obeys stand in strings alone, where an escape says the same.
pub fn escape_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for char in json.chars() {
        if char == '\n' || !is_unsafe(char) {
            text.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

/// Characters that a terminal obeys, or that change what the reader takes a text for:
/// C1 controls, line and paragraph separators, bidirectional controls, and those
/// without a width of their own.
fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
        || char.width().is_none()
}

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text of at most `columns`; one that is longer ends in a mark that it was cut.
pub fn cut(text: &str, columns: usize, charset: Charset) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mark = match charset {
        Charset::Unicode => '…',
        Charset::Ascii => '+',
    };
    let mut kept = String::new();
    let mut taken = 0;
    for char in text.chars() {
        let wide = char.width().unwrap_or(0);
        if taken + wide + 1 > columns {
            break;
        }
        taken += wide;
        kept.push(char);
    }
    if columns > 0 {
        kept.push(mark);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(bytes: &[u8]) -> String {
        escape(OsStr::from_bytes(bytes), Charset::Unicode)
    }

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        for (bytes, shown) in [
            (&b"\x1b[31mred"[..], "\\x1b[31mred"),
            (b"a\nb\tc\rd", "a\\nb\\tc\\rd"),
            (b"\x07\x7f", "\\x07\\x7f"),
            (b"\xff\xfebad", "\\xff\\xfebad"),
            ("\u{9b}31m".as_bytes(), "\\u{9b}31m"),
            ("\u{202e}gpj.exe".as_bytes(), "\\u{202e}gpj.exe"),
            ("zero\u{200b}width".as_bytes(), "zero\\u{200b}width"),
            (b"back\\slash", "back\\\\slash"),
            ("größe 进程".as_bytes(), "größe 进程"),
            (b") R 1 (", ") R 1 ("),
            (b"", ""),
        ] {
            assert_eq!(escaped(bytes), shown);
        }
    }

    #[test]
    fn json_is_the_same_to_a_program_and_harmless_on_a_terminal() {
        let value = "\u{202e}gpj\u{9b}31m\u{7f}\u{e0041} größe\n进程";
        let json = serde_json::to_string_pretty(&[value]).expect("a text");
        let safe = escape_json(&json);
        assert!(
            !safe.contains(|char| char != '\n' && is_unsafe(char)),
            "{safe}"
        );
        assert!(safe.contains("größe\\n进程"), "{safe}");
        let read: Vec<String> = serde_json::from_str(&safe).expect("JSON");
        assert_eq!(read, [value]);
    }

    #[test]
    fn without_utf8_all_is_ascii() {
        let text = escape(OsStr::new("größe"), Charset::Ascii);
        assert_eq!(text, "gr\\u{f6}\\u{df}e");
        assert!(cut(&text, 5, Charset::Ascii).is_ascii());
    }

    #[test]
    fn a_cut_text_never_is_wider_than_asked() {
        for columns in 0..12 {
            let text = cut("进程 tree", columns, Charset::Unicode);
            assert!(width(&text) <= columns, "{text:?} in {columns}");
        }
        assert_eq!(cut("short", 5, Charset::Unicode), "short");
        assert_eq!(cut("longer", 5, Charset::Unicode), "long…");
        assert_eq!(cut("longer", 5, Charset::Ascii), "long+");
    }
}
