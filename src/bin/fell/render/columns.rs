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
    left_out: [bool; COLUMNS],
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
            left_out: [false; COLUMNS],
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

    /// How wide a row is, and so how many bytes it takes where it is of plain letters.
    pub fn row_length(&self) -> usize {
        let shown = self.widths.iter().zip(&self.left_out);
        let shown = shown.filter(|(_, left_out)| !**left_out);
        shown.map(|(width, _)| width + GAP).sum()
    }

    /// Leaves out columns, in this order, until a row is no wider than that.
    pub fn fit(&mut self, room: usize, order: &[usize]) {
        for &column in order {
            if self.row_length() <= room {
                return;
            }
            self.left_out[column] = true;
        }
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
            if self.left_out[column] {
                start = end;
                continue;
            }
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

    #[test]
    fn what_has_no_room_is_left_out_in_turn() {
        for (room, expected) in [
            (99, "A  BB  CCC  "),
            (12, "A  BB  CCC  "),
            (11, "A  CCC  "),
            (7, "CCC  "),
            (0, "CCC  "),
        ] {
            let mut columns = Columns::new([Side::Left; 3]);
            columns.push([&"A", &"BB", &"CCC"]);
            columns.fit(room, &[1, 0]);
            let mut text = String::new();
            columns.write(0, &mut text);
            assert_eq!(text, expected, "{room}");
        }
    }
}
