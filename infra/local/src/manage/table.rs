//! Tables for people: columns stand below each other, also where a letter is two cells wide.

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

/// The rows below their heads, two blanks between the columns; the last column is not padded.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(column, head)| {
            let cells = rows.iter().map(|row| row.get(column).map_or(0, |cell| cell.width()));
            cells.chain([head.width()]).max().unwrap_or_default()
        })
        .collect();
    let line = |cells: &[String]| {
        let last = cells.len().saturating_sub(1);
        let padded = cells.iter().enumerate().map(|(column, cell)| match column {
            column if column == last => cell.clone(),
            column => format!("{cell}{}", " ".repeat(widths[column].saturating_sub(cell.width()) + 2)),
        });
        padded.collect::<String>().trim_end().to_owned()
    };
    let heads: Vec<String> = heads.iter().map(ToString::to_string).collect();
    std::iter::once(line(&heads)).chain(rows.iter().map(|row| line(row))).collect::<Vec<_>>().join("\n")
}

/// A text of JSON as a cell; whatever would move the cursor is a blank.
pub(super) fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `2026-01-31 09:00:12`
pub(super) fn time(value: &Value) -> String {
    let text = cell(value);
    match text.split_once('T') {
        Some((day, time)) => format!("{day} {}", time.get(..8).unwrap_or(time)),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [["B1", "안녕", "x"], ["Blonger", "hi", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&["BOT", "TITLE", "Z"], &rows), "BOT      TITLE  Z\nB1       안녕   x\nBlonger  hi");
    }

    #[test]
    fn nothing_of_a_cell_moves_the_cursor() {
        assert_eq!(cell(&Value::from("a\u{1b}[2Jb\nc")), "a [2Jb c");
    }
}
