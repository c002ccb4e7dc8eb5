//! Draws columns of words as a table that fits the terminal. Knows no signals.

use anstyle::Style;
use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table,
    TableStyle,
};

use crate::render::text;
use crate::terminal::{Charset, Palette, Terminal};

/// How a column gives way when the terminal is narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It keeps its width; numbers stand to the right.
    Number,
    /// It keeps its width.
    Word,
    /// It is wrapped.
    Text,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// What stands above it.
    pub title: &'static str,
    /// How it gives way.
    pub flow: Flow,
    /// What stands in it, row by row.
    pub cells: Vec<String>,
}

impl Column {
    fn width(&self) -> usize {
        self.cells
            .iter()
            .flat_map(|cell| cell.lines())
            .map(text::width)
            .chain([text::width(self.title)])
            .max()
            .unwrap_or(0)
    }
}

/// Colours of the rows' words in one column.
#[derive(Debug, Clone)]
pub struct Paint {
    /// Which column.
    pub column: usize,
    /// The style of each row.
    pub styles: Vec<Style>,
}

/// Columns that a wrapped one must have at least to be worth reading.
const READABLE: usize = 24;

/// Whether the columns fit the terminal with every wrapped one readable.
pub fn fits(columns: &[Column], terminal: Terminal) -> bool {
    let between = 3 * columns.len().saturating_sub(1);
    let needed: usize = columns
        .iter()
        .map(|column| match column.flow {
            Flow::Text => column.width().min(READABLE),
            Flow::Number | Flow::Word => column.width(),
        })
        .sum();
    terminal.width.is_none_or(|width| needed + between <= width)
}

/// The table, each line with its end.
pub fn draw(columns: &[Column], paint: Option<&Paint>, terminal: Terminal) -> String {
    let bar = match terminal.charset {
        Charset::Unicode => '│',
        Charset::Ascii => '|',
    };
    let mut drawn = String::new();
    let mut row = None;
    for (at, line) in table(columns, bar, terminal).lines().enumerate() {
        let mut line = line.trim_end().to_owned();
        if let Some(width) = terminal.width {
            line = text::cut(&line, width, terminal.charset);
        }
        if terminal.palette == Palette::Colour {
            let is_first = !line.split(bar).next().unwrap_or("").trim().is_empty();
            match (at, paint) {
                (0, _) => line = painted(&line, Style::new().bold()),
                // The line below the titles has no bar of this kind.
                (1, _) | (_, None) => {}
                (_, Some(paint)) => {
                    if is_first {
                        row = Some(row.map_or(0, |row| row + 1));
                    }
                    if let Some(style) = row.and_then(|row: usize| paint.styles.get(row)) {
                        line = paint_cell(&line, bar, paint.column, *style);
                    }
                }
            }
        }
        drawn.push_str(&line);
        drawn.push('\n');
    }
    drawn
}

fn table(columns: &[Column], bar: char, terminal: Terminal) -> Table {
    let (fill, crossing) = match terminal.charset {
        Charset::Unicode => ('─', '┼'),
        Charset::Ascii => ('-', '+'),
    };
    let mut table = Table::new();
    table.load_style(
        TableStyle::new()
            .header_lines(ContentLineStyle::none().junction(bar))
            .header_separator(LineStyle::none().fill(fill).junction(crossing))
            .content_lines(ContentLineStyle::none().junction(bar)),
    );
    table.set_header(columns.iter().map(|column| column.title));
    let rows = columns.iter().map(|column| column.cells.len()).max();
    for row in 0..rows.unwrap_or(0) {
        table.add_row(
            columns
                .iter()
                .map(|column| column.cells.get(row).map_or("", String::as_str)),
        );
    }
    if let Some(width) = terminal.width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    for (at, column) in columns.iter().enumerate() {
        let Some(drawn) = table.column_mut(at) else {
            continue;
        };
        drawn.set_padding((u16::from(at > 0), u16::from(at + 1 < columns.len())));
        if column.flow == Flow::Number {
            drawn.set_cell_alignment(CellAlignment::Right);
        }
        if column.flow != Flow::Text {
            drawn.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

fn paint_cell(line: &str, bar: char, column: usize, style: Style) -> String {
    let cells: Vec<String> = line
        .split(bar)
        .enumerate()
        .map(|(at, cell)| {
            if at == column {
                painted(cell, style)
            } else {
                cell.to_owned()
            }
        })
        .collect();
    cells.join(&bar.to_string())
}

/// The text without the blanks around it in this style.
fn painted(text: &str, style: Style) -> String {
    let word = text.trim();
    if word.is_empty() || style.is_plain() {
        return text.to_owned();
    }
    let before = &text[..text.len() - text.trim_start().len()];
    let after = &text[text.trim_end().len()..];
    format!("{before}{style}{word}{style:#}{after}")
}

/// A sentence in lines that fit the terminal.
pub fn paragraph(sentence: &str, terminal: Terminal) -> String {
    let Some(width) = terminal.width else {
        return format!("{sentence}\n");
    };
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .add_row([sentence]);
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, 0));
    }
    let lines: Vec<String> = table
        .lines()
        .map(|line| text::cut(line.trim_end(), width, terminal.charset) + "\n")
        .collect();
    lines.concat()
}
