//! The raw figures, as they go into `charts.json`, and what they come to over many charts.

use serde::{Deserialize, Serialize};

/// All that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// The version of Helm.
    pub(super) helm: String,
    /// How often each was measured.
    pub(super) turns: usize,
    pub(super) charts: Vec<Chart>,
    /// Charts that neither renders with its default values.
    pub(super) refused: Vec<String>,
    /// Charts that we and Helm do not render alike, and how: nothing that counts.
    pub(super) differing: Vec<Difference>,
}

/// One chart, rendered with its default values. Times are medians.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Chart {
    pub(super) name: String,
    /// Of the manifest.
    pub(super) bytes: u64,
    /// Whether its templates make keys, which takes longer than all else.
    pub(super) keys: bool,
    /// In process.
    pub(super) engine: Pair<u64>,
    pub(super) parts: Parts,
    /// As a program.
    pub(super) program: Option<Pair<Cost>>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Difference {
    pub(super) name: String,
    pub(super) how: String,
}

/// Two of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Pair<T> {
    pub(super) ours: T,
    pub(super) helm: T,
}

/// What a run of a program took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Cost {
    pub(super) nanos: u64,
    pub(super) peak_bytes: u64,
}

/// Where our time goes, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parts {
    /// Files to a chart.
    pub(super) load: u64,
    /// Dependencies, values, schemas.
    pub(super) values: u64,
    /// Templates to trees.
    pub(super) parse: u64,
    /// Trees to texts.
    pub(super) execute: u64,
    /// Texts to documents in order, and to one text.
    pub(super) sort: u64,
}

impl Parts {
    pub(super) fn add(&mut self, other: &Self) {
        self.load += other.load;
        self.values += other.values;
        self.parse += other.parse;
        self.execute += other.execute;
        self.sort += other.sort;
    }
}

impl Pair<u64> {
    /// How many times as much Helm takes.
    pub(super) fn ratio(self) -> f64 {
        to_f64(self.helm) / to_f64(self.ours.max(1))
    }
}

impl<T: Copy> Pair<T> {
    pub(super) fn map<U>(self, part: impl Fn(T) -> U) -> Pair<U> {
        Pair {
            ours: part(self.ours),
            helm: part(self.helm),
        }
    }
}

impl Figures {
    /// The charts that make keys, or the others.
    pub(super) fn of(&self, keys: bool) -> impl Iterator<Item = &Chart> {
        self.charts.iter().filter(move |chart| chart.keys == keys)
    }

    /// Those without keys that take Helm the longest, the longest first.
    pub(super) fn largest(&self, count: usize) -> Vec<&Chart> {
        let mut charts: Vec<_> = self.of(false).collect();
        charts.sort_by_key(|chart| std::cmp::Reverse(chart.engine.helm));
        charts.truncate(count);
        charts
    }

    /// Those without keys where we are the least ahead, the least first.
    pub(super) fn least_ahead(&self, count: usize) -> Vec<&Chart> {
        let mut charts: Vec<_> = self.of(false).collect();
        charts.sort_by(|one, other| one.engine.ratio().total_cmp(&other.engine.ratio()));
        charts.truncate(count);
        charts
    }

    /// What the runs as a program took.
    pub(super) fn programs(&self) -> Vec<Pair<Cost>> {
        self.charts.iter().filter_map(|chart| chart.program).collect()
    }
}

/// All of both.
pub(super) fn sum(pairs: impl Iterator<Item = Pair<u64>>) -> Pair<u64> {
    pairs.fold(Pair { ours: 0, helm: 0 }, |sum, pair| Pair {
        ours: sum.ours + pair.ours,
        helm: sum.helm + pair.helm,
    })
}

/// The value below which `percent` of each lie.
pub(super) fn percentile(pairs: impl Iterator<Item = Pair<u64>>, percent: usize) -> Option<Pair<u64>> {
    let (mut ours, mut helm): (Vec<_>, Vec<_>) = pairs.map(|pair| (pair.ours, pair.helm)).unzip();
    ours.sort_unstable();
    helm.sort_unstable();
    let index = ours.len().checked_sub(1)? * percent / 100;
    Some(Pair {
        ours: ours[index],
        helm: helm[index],
    })
}

/// The one in the middle by `key`; of an even number, the lower of the two.
pub(super) fn median_by<T: Clone>(values: &[T], key: impl Fn(&T) -> u64) -> Option<T> {
    let mut values: Vec<&T> = values.iter().collect();
    values.sort_by_key(|value| key(value));
    values.get(values.len().checked_sub(1)? / 2).copied().cloned()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nanoseconds and bytes stay far below 2^53"
)]
pub(super) fn to_f64(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A chart that takes us some milliseconds and Helm some more; as programs the same, and as many MiB.
    pub(crate) fn chart(name: &str, ours: u64, helm: u64) -> Chart {
        let engine = Pair { ours, helm }.map(|millis| millis * 1_000_000);
        Chart {
            name: name.to_owned(),
            bytes: 1000,
            keys: false,
            engine,
            parts: Parts {
                execute: engine.ours,
                ..Parts::default()
            },
            program: Some(Pair { ours, helm }.map(|millis| Cost {
                nanos: millis * 1_000_000,
                peak_bytes: millis << 20,
            })),
        }
    }

    pub(crate) fn figures(charts: Vec<Chart>) -> Figures {
        Figures {
            helm: "v4.0.0".to_owned(),
            turns: 1,
            charts,
            refused: Vec::new(),
            differing: Vec::new(),
        }
    }

    #[test]
    fn charts_are_ranked_without_those_that_make_keys() {
        let mut all = vec![chart("a", 1, 30), chart("b", 10, 40), chart("c", 1, 50)];
        all[2].keys = true;
        let figures = figures(all);
        let names = |charts: Vec<&Chart>| charts.iter().map(|chart| chart.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(figures.largest(5)), ["b", "a"]);
        assert_eq!(names(figures.least_ahead(1)), ["b"]);
        assert_eq!(figures.of(true).count(), 1);
    }

    #[test]
    fn percentiles_are_of_each_by_itself() {
        let pairs = (1..=11).map(|number| Pair {
            ours: number,
            helm: 100 - number,
        });
        assert_eq!(percentile(pairs.clone(), 50), Some(Pair { ours: 6, helm: 94 }));
        assert_eq!(percentile(pairs, 90), Some(Pair { ours: 10, helm: 98 }));
        assert_eq!(percentile(std::iter::empty(), 50), None);
    }

    #[test]
    fn one_slow_turn_does_not_move_the_median() {
        assert_eq!(median_by(&[5, 90, 4], |value| *value), Some(5));
        assert_eq!(median_by(&[5, 4], |value| *value), Some(4));
        assert_eq!(median_by(&[], |value: &u64| *value), None);
    }
}
