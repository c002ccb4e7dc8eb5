//! The lists of children of a held process, one for each of its threads, kept open.

#![forbid(unsafe_code)]

use std::os::fd::{AsRawFd, OwnedFd};
use std::slice;

use rustix::io::Errno;

use super::super::proc::{Proc, children_of};
use super::super::{lost, own};
use super::{Handle, SPARE};
use crate::kinship::{Listing, Parent};
use crate::process::{Pid, StartTime};
use crate::signal::Signal;
use crate::system::{Hold, Lost, Passage};

/// One thread's list of children, kept open.
#[derive(Debug)]
pub(super) struct List {
    pub(super) thread: Pid,
    pub(super) file: OwnedFd,
}

impl List {
    /// Appends its text; nothing for a thread that has ended, whose children are on
    /// another one's list.
    fn read_text(&self, proc: &mut Proc, text: &mut Vec<u8>) -> Result<(), Lost> {
        match proc.read_list(&self.file, text) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => Err(lost(error)),
        }
    }

    fn is_below(&self, descriptors: i32) -> bool {
        self.file.as_raw_fd() < descriptors
    }
}

impl Handle {
    /// The children of all its threads.
    ///
    /// The kernel may leave out living siblings of a child that ends while the list is
    /// being read (proc_tid_children(5)), but it never shows an empty list for one
    /// that has a child. So whatever is not empty is read until two readings agree.
    pub(in crate::linux) fn children(&mut self, proc: &mut Proc) -> Result<Listing, Lost> {
        if let Some(listing) = self.ahead.take() {
            return *listing;
        }
        // The moment before: whoever starts well after it can't be one of those listed.
        let read_at = own::tick();
        let unopened = self.unopened(proc)?;
        let is_proven = unopened.is_empty() && self.proven == self.lists.len();
        let mut children = Self::read_lists(proc, &self.lists)?;
        for thread in unopened {
            if let Some(list) = self.open_list(proc, thread)? {
                children.extend(Self::read_lists(proc, slice::from_ref(&list))?);
                if matches!(self.hold, Hold::Pin | Hold::Follow)
                    && list.is_below(self.descriptors / 2)
                {
                    self.lists.push(list);
                }
            }
        }
        let parent = if is_proven || children.is_empty() || self.directory.is_some() {
            Parent::There
        } else {
            self.prove_lists(proc)?
        };
        Ok(Listing {
            children,
            read_at,
            parent,
        })
    }

    /// The lists were opened by the number. They are its own if it is still there now;
    /// else somebody may have got the number and whose children these are is not sure.
    fn prove_lists(&mut self, proc: &mut Proc) -> Result<Parent, Lost> {
        let is_there = match &self.pidfd {
            Some(_) => self.send(proc, None),
            None => self.read(proc).map(drop),
        };
        match is_there {
            Ok(()) | Err(Lost::Denied) => {
                self.proven = self.lists.len();
                Ok(Parent::There)
            }
            Err(Lost::Gone) => {
                self.forget_lists();
                Ok(Parent::Gone)
            }
            Err(lost) => Err(lost),
        }
    }

    pub(super) fn forget_lists(&mut self) {
        self.lists.clear();
        self.proven = 0;
    }

    /// Sends a signal between two readings of the children lists. What was read is
    /// looked at only afterwards.
    pub(in crate::linux) fn send_between(&mut self, proc: &mut Proc, signal: Signal) -> Passage {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let began = own::tick();
        if let Err(error) = self.open_lists(proc, signal, &mut before) {
            return Passage {
                before: Err(error),
                sent_at: own::tick(),
                sent: self.send(proc, Some(signal)),
                // Nothing was read: what is known to be unread stays so.
                after: Err(Lost::Gone),
            };
        }
        let read_before = self.read_texts(proc, &mut before);
        let sent_at = own::tick();
        let sent = self.send(proc, Some(signal));
        let read_after = self.read_texts(proc, &mut after);
        self.lists
            .retain(|list| list.is_below(self.descriptors / 2));
        self.proven = self.lists.len();
        let listing = |text: &[u8], read_at: StartTime| Listing {
            children: children_of(text),
            read_at,
            parent: Parent::There,
        };
        Passage {
            before: read_before.map(|()| listing(&before, began)),
            sent_at,
            sent,
            after: read_after.map(|()| listing(&after, sent_at)),
        }
    }

    fn read_texts(&self, proc: &mut Proc, text: &mut Vec<u8>) -> Result<(), Lost> {
        read_all(&self.lists, text, |list, text| list.read_text(proc, text))
    }

    /// Opens the lists that are not open yet and proves that they are its own; also those of
    /// threads that were started since the last look, since a signal may leave no time for
    /// another one. A process may have more threads than fell may have descriptors:
    /// what is over is read at once and closed.
    fn open_lists(
        &mut self,
        proc: &mut Proc,
        signal: Signal,
        text: &mut Vec<u8>,
    ) -> Result<(), Lost> {
        /// Who starts threads faster than that is met by the next sweep.
        const LOOKS: usize = 4;
        for _ in 0..LOOKS {
            let threads = self.threads;
            let unopened = self.unopened(proc)?;
            let is_proven = unopened.is_empty() && self.proven == self.lists.len();
            // Of more than one the directory has just told; who had only one has to be asked
            // whether it has started others since, each with a list of its own.
            let is_told = signal.is_catchable() && threads > 1;
            if is_proven && (is_told || !self.has_new_threads(proc)) {
                break;
            }
            for thread in unopened {
                match self.open_list(proc, thread)? {
                    Some(list) if list.is_below(self.descriptors - SPARE) => self.lists.push(list),
                    Some(list) => list.read_text(proc, text)?,
                    None => {}
                }
            }
            // It is still there, so what was opened by its number is its own; and by now
            // it may have more threads.
            if let Err(error) = self.read(proc) {
                self.forget_lists();
                return Err(error);
            }
            self.proven = self.lists.len();
            if self.threads <= threads {
                break;
            }
        }
        Ok(())
    }

    /// Whether it may have more threads than when it was read; half as dear as to read it
    /// again. The question is asked by the number: where that is no longer its own it has
    /// ended, and threads of its are of no account.
    fn has_new_threads(&self, proc: &mut Proc) -> bool {
        proc.count_threads(self.place()) != Some(self.threads)
    }

    /// The threads whose lists are not open yet.
    fn unopened(&self, proc: &mut Proc) -> Result<Vec<Pid>, Lost> {
        let mut threads = if self.threads > 1 {
            proc.threads(self.place()).map_err(lost)?
        } else {
            vec![self.identity.pid]
        };
        threads.retain(|&thread| self.lists.iter().all(|list| list.thread != thread));
        Ok(threads)
    }

    /// `None` for a thread that has ended; its children are on another one's list.
    fn open_list(&self, proc: &mut Proc, thread: Pid) -> Result<Option<List>, Lost> {
        match proc.open_children(self.place(), thread) {
            Ok(file) => Ok(Some(List { thread, file })),
            Err(Errno::NOENT | Errno::SRCH) if self.threads > 1 => Ok(None),
            Err(Errno::NOENT) if proc.has_children_lists() => Err(Lost::Gone),
            Err(Errno::NOENT) => Err(Lost::Unsupported),
            Err(error) => Err(lost(error)),
        }
    }

    fn read_lists(proc: &mut Proc, lists: &[List]) -> Result<Vec<Pid>, Lost> {
        let mut children = Vec::new();
        for list in lists {
            match proc.read_children(&list.file) {
                Ok(listed) => children.extend(listed),
                Err(Errno::SRCH) => {}
                Err(error) => return Err(lost(error)),
            }
        }
        Ok(children)
    }
}

/// Appends the texts of all lists. Where there are several, a thread that ends hands its
/// children on to a sibling, whose list may have been read before that: so they are read twice.
fn read_all<L>(
    lists: &[L],
    text: &mut Vec<u8>,
    mut read: impl FnMut(&L, &mut Vec<u8>) -> Result<(), Lost>,
) -> Result<(), Lost> {
    let mut read_each = |text: &mut Vec<u8>| lists.iter().try_for_each(|list| read(list, text));
    let begin = text.len();
    read_each(text)?;
    if lists.len() > 1 {
        let mut again = Vec::new();
        read_each(&mut again)?;
        if again != text[begin..] {
            text.extend(again);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_is_handed_to_a_sibling_in_the_course_of_a_reading_is_on_one_of_the_lists() {
        // Before which reading the second of two threads ends, and what it had is the first
        // one's.
        for ends_before in 0..=4 {
            let mut readings = 0;
            let mut text = b"7 ".to_vec();
            let read = |&thread: &i32, text: &mut Vec<u8>| {
                let bearer = if readings < ends_before { 2 } else { 1 };
                readings += 1;
                if thread == bearer {
                    text.extend(b"42 ");
                }
                Ok(())
            };
            read_all(&[1, 2], &mut text, read).expect("lists");
            let listed: Vec<i32> = children_of(&text).into_iter().map(Pid::get).collect();
            assert!(listed.contains(&7), "what was there before");
            assert!(listed.contains(&42), "{ends_before}");
        }
    }

    #[test]
    fn a_single_list_is_read_once() {
        let mut readings = 0;
        let read = |_: &(), _: &mut Vec<u8>| {
            readings += 1;
            Ok(())
        };
        read_all(&[()], &mut Vec::new(), read).expect("a list");
        assert_eq!(readings, 1);
    }
}
