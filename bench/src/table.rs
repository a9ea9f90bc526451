//! Medians with their spread, and tables of them.

/// Figures of the same thing from several rounds.
#[derive(Clone, Default)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
        self.0.sort_unstable_by(f64::total_cmp);
    }

    pub(crate) fn median(&self) -> f64 {
        match (
            self.0.get((self.0.len().saturating_sub(1)) / 2),
            self.0.get(self.0.len() / 2),
        ) {
            (Some(low), Some(high)) => f64::midpoint(*low, *high),
            _ => f64::NAN,
        }
    }

    /// `median (least to most)`.
    pub(crate) fn show(&self, decimals: usize) -> String {
        match (self.0.first(), self.0.last()) {
            (Some(least), Some(most)) => format!(
                "{:.decimals$} ({least:.decimals$} to {most:.decimals$})",
                self.median()
            ),
            _ => "-".to_owned(),
        }
    }
}

/// Prints rows as Markdown, each column as wide as its widest cell.
pub(crate) fn print(head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(String::len)
            .chain([head[column].len()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let cells = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
    };
    line(head.to_vec());
    println!(
        "|{}|",
        widths
            .iter()
            .map(|width| "-".repeat(width + 2))
            .collect::<Vec<_>>()
            .join("|")
    );
    for row in rows {
        line(row.iter().map(String::as_str).collect());
    }
    println!();
}
