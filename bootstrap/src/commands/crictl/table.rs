//! Columns of text as crictl prints them: at least 20 wide, three spaces apart, the last one unpadded.

const MINIMUM_WIDTH: usize = 20;
const GAP: usize = 3;

/// Lines of text from a header and its rows.
pub(super) fn render(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    let lines = || std::iter::once(&header).chain(rows);
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            let longest = lines()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max();
            MINIMUM_WIDTH.max(longest.unwrap_or(0) + GAP)
        })
        .collect();
    lines().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (index, (cell, &width)) in row.iter().zip(widths).enumerate() {
        if index + 1 == row.len() {
            text.push_str(cell);
        } else {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width - cell.chars().count()));
        }
    }
    text.push('\n');
    text
}

/// The first 13 characters of an id, without the name of its hash.
pub(super) fn short_id(id: &str) -> String {
    id.strip_prefix("sha256:")
        .unwrap_or(id)
        .chars()
        .take(13)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_longest_cell_and_three_more() {
        let rows = vec![
            vec![
                "4f0d".to_owned(),
                "a-name-of-more-than-twenty-characters".to_owned(),
                "Running".to_owned(),
            ],
            vec!["5a".to_owned(), "b".to_owned(), "Exited".to_owned()],
        ];
        insta::assert_snapshot!(render(&["CONTAINER", "NAME", "STATE"], &rows), @r"
        CONTAINER           NAME                                    STATE
        4f0d                a-name-of-more-than-twenty-characters   Running
        5a                  b                                       Exited
        ");
    }

    #[test]
    fn an_id_is_cut_after_thirteen_characters_of_its_hash() {
        assert_eq!(short_id("sha256:0123456789abcdef0123"), "0123456789abc");
        assert_eq!(short_id("0123"), "0123");
    }
}
