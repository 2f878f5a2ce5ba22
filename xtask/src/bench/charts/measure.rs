//! Takes every chart in every turn: ours and Helm's directly after one another, so that what else the machine does
//! meets both.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::engine::{Answer, Engine, on_one_core};
use super::figures::{Chart, Cost, Difference, Figures, Pair, median_by};
use super::program::{self, Run};
use super::programs::Programs;
use crate::progress::Step;

/// Manifests with keys in them may differ by this part of their size: numbers in keys have no fixed length.
const PLAY: u64 = 100;

/// What all turns gave for one chart.
struct Measured<'a> {
    chart: &'a Path,
    engine: Vec<Pair<Answer>>,
    program: Vec<Pair<Run>>,
}

/// Measures each chart in `turns` turns; Helm's own settings go to `home`.
pub(crate) fn measure(programs: &Programs, charts: &[PathBuf], turns: usize, home: &Path) -> Result<Figures> {
    let mut figures = Figures {
        helm: programs.helm_version.clone(),
        turns,
        charts: Vec::new(),
        refused: Vec::new(),
        differing: Vec::new(),
    };
    let mut measured: Vec<_> = charts
        .iter()
        .map(|chart| Measured {
            chart,
            engine: Vec::new(),
            program: Vec::new(),
        })
        .collect();
    let mut engines = on_one_core(|| {
        Ok(Pair {
            ours: Engine::start(&programs.our_engine)?,
            helm: Engine::start(&programs.helm_engine)?,
        })
    })?;
    for turn in 0..turns {
        let step = Step::begin(format!("turn {} of {turns}: in process", turn + 1));
        for chart in &mut measured {
            step.now(name(chart.chart));
            let Pair { ours, helm } = &mut engines;
            let (path, is_ours_first) = (chart.chart, turn % 2 == 0);
            chart.engine.push(in_turn(
                is_ours_first,
                || ours.render(path),
                || helm.render(path),
            )?);
        }
        if turn == 0 {
            measured.retain(|chart| engine_is_alike(chart, &mut figures));
        }
        step.done();
    }
    drop(engines);
    for turn in 0..turns {
        let step = Step::begin(format!("turn {} of {turns}: as a program", turn + 1));
        for chart in &mut measured {
            step.now(name(chart.chart));
            let run = |program: &Path| program::run(&programs.cost, program, chart.chart, home);
            let pair = in_turn(turn % 2 == 0, || run(&programs.ours), || run(&programs.helm))?;
            chart.program.push(pair);
        }
        if turn == 0 {
            measured.retain(|chart| program_is_alike(chart, &mut figures));
        }
        step.done();
    }
    figures.charts = measured.iter().map(typical).collect::<Result<_>>()?;
    Ok(figures)
}

fn in_turn<T>(
    is_ours_first: bool,
    ours: impl FnOnce() -> Result<T>,
    helm: impl FnOnce() -> Result<T>,
) -> Result<Pair<T>> {
    if is_ours_first {
        let ours = ours()?;
        return Ok(Pair { ours, helm: helm()? });
    }
    let helm = helm()?;
    Ok(Pair { ours: ours()?, helm })
}

fn engine_is_alike(chart: &Measured<'_>, figures: &mut Figures) -> bool {
    let Some(Pair { ours, helm }) = chart.engine.first() else {
        return false;
    };
    let how = match (&ours.error, &helm.error) {
        (Some(_), Some(_)) => {
            figures.refused.push(name(chart.chart));
            return false;
        }
        (Some(error), None) => format!("in process we refuse it: {error}"),
        (None, Some(error)) => format!("in process Helm refuses it: {error}"),
        (None, None) if is_close((ours.bytes, helm.bytes), ours.keys) => return true,
        (None, None) => format!("in process we give {} bytes and Helm {}", ours.bytes, helm.bytes),
    };
    let name = name(chart.chart);
    figures.differing.push(Difference { name, how });
    false
}

fn program_is_alike(chart: &Measured<'_>, figures: &mut Figures) -> bool {
    let (Some(Pair { ours, helm }), Some(engine)) = (chart.program.first(), chart.engine.first()) else {
        return false;
    };
    let how = match (ours.is_success, helm.is_success) {
        (true, true) if is_close((ours.bytes, helm.bytes), engine.ours.keys) => return true,
        (true, true) => format!("our program gives {} bytes and Helm's {}", ours.bytes, helm.bytes),
        (false, false) => "both programs fail".to_owned(),
        (false, true) => "our program fails".to_owned(),
        (true, false) => "Helm's program fails".to_owned(),
    };
    let name = name(chart.chart);
    figures.differing.push(Difference { name, how });
    false
}

fn is_close((ours, helm): (u64, u64), keys: bool) -> bool {
    ours == helm || keys && ours.abs_diff(helm) <= helm / PLAY
}

/// The medians over all turns.
fn typical(chart: &Measured<'_>) -> Result<Chart> {
    let each = |of: fn(&Pair<Answer>) -> &Answer| {
        let answers: Vec<Answer> = chart.engine.iter().map(|pair| of(pair).clone()).collect();
        median_by(&answers, |answer| answer.nanos).context("a chart was rendered")
    };
    let (ours, helm) = (each(|pair| &pair.ours)?, each(|pair| &pair.helm)?);
    let cost = |of: fn(&Pair<Run>) -> &Run| {
        let runs: Vec<Run> = chart.program.iter().map(|pair| of(pair).clone()).collect();
        Some(Cost {
            nanos: median_by(&runs, |run| run.nanos)?.nanos,
            peak_bytes: median_by(&runs, |run| run.peak_bytes)?.peak_bytes,
        })
    };
    Ok(Chart {
        name: name(chart.chart),
        bytes: ours.bytes,
        keys: ours.keys,
        engine: Pair {
            ours: ours.nanos,
            helm: helm.nanos,
        },
        parts: ours.parts,
        program: cost(|pair| &pair.ours)
            .zip(cost(|pair| &pair.helm))
            .map(|(ours, helm)| Pair { ours, helm }),
    })
}

fn name(chart: &Path) -> String {
    chart
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::figures;
    use super::*;

    fn answer(bytes: u64, error: Option<&str>) -> Answer {
        Answer {
            nanos: bytes,
            parts: super::super::figures::Parts::default(),
            bytes,
            keys: false,
            error: error.map(str::to_owned),
        }
    }

    fn measured(ours: Answer, helm: Answer) -> Measured<'static> {
        Measured {
            chart: Path::new("charts/web"),
            engine: vec![Pair { ours, helm }],
            program: Vec::new(),
        }
    }

    #[test]
    fn only_what_comes_out_alike_is_measured() {
        let mut figures = figures(Vec::new());
        let mut is_alike = |ours, helm| engine_is_alike(&measured(ours, helm), &mut figures);
        assert!(is_alike(answer(10, None), answer(10, None)));
        assert!(!is_alike(answer(10, None), answer(11, None)));
        assert!(!is_alike(answer(0, Some("a")), answer(0, Some("b"))));
        assert!(!is_alike(answer(10, None), answer(0, Some("no"))));
        assert_eq!(figures.refused, ["web"]);
        let how: Vec<_> = figures.differing.iter().map(|one| one.how.as_str()).collect();
        assert_eq!(
            how,
            [
                "in process we give 10 bytes and Helm 11",
                "in process Helm refuses it: no"
            ]
        );
    }

    #[test]
    fn keys_may_vary_a_little_in_length() {
        assert!(is_close((1010, 1000), true) && !is_close((1011, 1000), true));
        assert!(!is_close((1001, 1000), false));
    }

    #[test]
    fn each_side_has_its_own_median() {
        let mut chart = measured(answer(5, None), answer(50, None));
        for (ours, helm) in [(9, 40), (1, 90)] {
            chart.engine.push(Pair {
                ours: answer(ours, None),
                helm: answer(helm, None),
            });
        }
        let typical = typical(&chart).unwrap();
        assert_eq!(typical.engine, Pair { ours: 5, helm: 50 });
        assert_eq!(typical.program, None);
    }
}
