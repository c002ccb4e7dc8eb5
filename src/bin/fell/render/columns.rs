//! Columns of short texts, aligned: the left part of a tree.
//!
//! A table of a thousand rows is drawn in a fraction of the time that reading the
//! processes takes, and held as one text.

use std::fmt::{Display, Write as _};

use super::text::width;

/// What stands between two columns.
const GAP: usize = 2;

/// To which side the cells of a column are pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows of `COLUMNS` cells.
#[derive(Debug)]
pub struct Columns<const COLUMNS: usize> {
    sides: [Side; COLUMNS],
    widths: [usize; COLUMNS],
    /// All cells, one after the other.
    text: String,
    /// Where each of them ends in there, and how wide it is.
    cells: Vec<(u32, u32)>,
}

impl<const COLUMNS: usize> Columns<COLUMNS> {
    /// No rows yet.
    pub fn new(sides: [Side; COLUMNS]) -> Self {
        Self {
            sides,
            widths: [0; COLUMNS],
            text: String::new(),
            cells: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn push(&mut self, row: [&dyn Display; COLUMNS]) {
        for (widest, cell) in self.widths.iter_mut().zip(row) {
            let start = self.text.len();
            // Writing to a string does not fail.
            let _ = write!(self.text, "{cell}");
            let wide = width(&self.text[start..]);
            self.cells.push((small(self.text.len()), small(wide)));
            *widest = wide.max(*widest);
        }
    }

    /// How many bytes a row takes, as far as it is of plain letters.
    pub fn row_length(&self) -> usize {
        self.widths.iter().map(|width| width + GAP).sum()
    }

    /// Writes the row at this position, the last column and a gap included.
    pub fn write(&self, at: usize, to: &mut String) {
        let first = at * COLUMNS;
        let mut start = match first.checked_sub(1) {
            Some(before) => self.cells[before].0 as usize,
            None => 0,
        };
        let cells = &self.cells[first..first + COLUMNS];
        for (column, &(end, wide)) in cells.iter().enumerate() {
            let (end, wide) = (end as usize, wide as usize);
            let room = self.widths[column].saturating_sub(wide);
            let (before, after) = match self.sides[column] {
                Side::Left => (0, room),
                Side::Right => (room, 0),
            };
            to.extend(std::iter::repeat_n(' ', before));
            to.push_str(&self.text[start..end]);
            to.extend(std::iter::repeat_n(' ', after + GAP));
            start = end;
        }
    }
}

/// Cells are counted in half the memory: four gigabytes of them are no table.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut columns = Columns::new([Side::Right, Side::Left, Side::Left]);
        columns.push([&"PID", &"USER", &"PART"]);
        columns.push([&7, &"größe", &""]);
        columns.push([&12345, &"进程", &"x"]);
        let row = |at| {
            let mut text = String::new();
            columns.write(at, &mut text);
            text
        };
        assert_eq!(row(0), "  PID  USER   PART  ");
        assert_eq!(row(1), "    7  größe        ");
        assert_eq!(row(2), "12345  进程   x     ");
    }
}
