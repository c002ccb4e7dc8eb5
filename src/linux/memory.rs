//! Gives memory back that a long wait does not need.

#![allow(unsafe_code)]

use std::fs;

/// Takes fell's code out of its memory. What is needed again the kernel maps again, from
/// the file that it has in its cache: code is never written to, so nothing is lost.
///
/// Reading a command line and starting a program touches most of the code, waiting for its
/// end hardly any.
pub(super) fn release_code() {
    // Without /proc, or in a form that is not known, it stays as it is.
    let Ok(maps) = fs::read_to_string("/proc/self/maps") else {
        return;
    };
    for (start, length) in maps.lines().filter_map(code) {
        let start = std::ptr::with_exposed_provenance_mut(start);
        // SAFETY: the range is a private mapping of a file that can be read and executed,
        // but not written to. Its pages are those of the file, and the kernel maps them
        // again at the next access (madvise(2)).
        unsafe { libc::madvise(start, length, libc::MADV_DONTNEED) };
    }
}

/// The beginning and length of a mapping, if it is code from a file (proc_pid_maps(5)).
fn code(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (range, rights) = (fields.next()?, fields.next()?);
    let file = fields.nth(3)?;
    if rights != "r-xp" || !file.starts_with('/') {
        return None;
    }
    let (start, end) = range.split_once('-')?;
    let start = usize::from_str_radix(start, 16).ok()?;
    let end = usize::from_str_radix(end, 16).ok()?;
    Some((start, end.checked_sub(start)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_from_files_is_released() {
        for (line, expected) in [
            (
                "55f6d7685000-55f6d77c6000 r-xp 00047000 08:01 326279    /usr/bin/fell",
                Some((0x55f6_d768_5000, 0x14_1000)),
            ),
            (
                "55f6d763e000-55f6d7685000 r--p 00000000 08:01 326279    /usr/bin/fell",
                None,
            ),
            ("7fff1000-7fff3000 r-xp 00000000 00:00 0    [vdso]", None),
            ("7fff1000-7fff3000 r-xp 00000000 00:00 0 ", None),
            ("7fff1000-7fff3000 rwxp 00000000 08:01 1    /a", None),
            ("", None),
        ] {
            assert_eq!(code(line), expected, "{line}");
        }
    }

    #[test]
    fn what_was_released_still_runs() {
        release_code();
        assert_eq!("7634".parse(), Ok(7634));
    }
}
