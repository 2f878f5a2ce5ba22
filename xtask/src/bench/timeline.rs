//! The median runs as a picture: one panel a subject, one lane a stage, a line where something became ready. Pure.

use std::fmt::Write;

use super::figures::{Figures, Run, Subject};

const WIDTH: u64 = 1000;
const LEFT: u64 = 190;
const RIGHT: u64 = 40;
const LANE: u64 = 20;
const HEAD: u64 = 54;
const GAP: u64 = 28;
const STYLE: &str = "text{font:12px sans-serif;fill:#1f2430}.title{font-weight:bold;font-size:14px}\
.axis{stroke:#d5d9e0}.bar{fill:#5b8db8}.mark{stroke:#c2542d;stroke-width:1.5}.name{fill:#c2542d}";

/// An SVG of the run that stands for each subject, all on one scale.
pub(crate) fn draw(figures: &Figures) -> String {
    let runs: Vec<&Run> = Subject::ALL
        .iter()
        .filter_map(|subject| figures.typical(*subject))
        .collect();
    let longest = runs.iter().map(|run| last(run)).max().unwrap_or_default().max(1);
    let scale = Scale { longest };
    let mut body = String::new();
    let mut top = GAP;
    for run in &runs {
        panel(&mut body, run, &scale, top);
        top += height(run) + GAP;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" width=\"{WIDTH}\" height=\"{top}\">\n\
         <style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

/// Milliseconds to places on the picture.
struct Scale {
    longest: u64,
}

impl Scale {
    fn x(&self, ms: u64) -> u64 {
        LEFT + ms.min(self.longest) * (WIDTH - LEFT - RIGHT) / self.longest
    }

    /// Whole seconds to mark: not more than a dozen.
    fn seconds(&self) -> impl Iterator<Item = u64> + use<> {
        let seconds = self.longest / 1000;
        let step = [1, 2, 5, 10, 30, 60]
            .into_iter()
            .find(|step| seconds / step <= 12)
            .unwrap_or(120);
        (0..=seconds).step_by(usize::try_from(step).unwrap_or(1))
    }
}

fn panel(svg: &mut String, run: &Run, scale: &Scale, top: u64) {
    let (first, bottom) = (top + HEAD, top + height(run));
    // Writing to a string cannot fail.
    let _ = writeln!(
        svg,
        "<text class=\"title\" x=\"8\" y=\"{}\">{}</text>",
        top + 14,
        escaped(run.subject.title())
    );
    for second in scale.seconds() {
        let x = scale.x(second * 1000);
        let _ = writeln!(
            svg,
            "<line class=\"axis\" x1=\"{x}\" y1=\"{first}\" x2=\"{x}\" y2=\"{bottom}\"/>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{second} s</text>",
            bottom + 14
        );
    }
    for (lane, stage) in (0..).zip(&run.stages) {
        let y = first + lane * LANE;
        let (x, end) = (scale.x(stage.begin_ms), scale.x(stage.end_ms));
        let _ = writeln!(
            svg,
            "<text x=\"8\" y=\"{}\">{}</text><rect class=\"bar\" x=\"{x}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            y + 14,
            escaped(&stage.name),
            y + 3,
            (end - x).max(1),
            LANE - 6
        );
    }
    for (row, (name, ms)) in (0..).zip(marks(run)) {
        let x = scale.x(ms);
        let text = top + 14 + row * 13;
        let _ = writeln!(
            svg,
            "<line class=\"mark\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{bottom}\"/>\
             <text class=\"name\" x=\"{}\" y=\"{text}\" text-anchor=\"end\">{name} {}.{:02} s</text>",
            text + 3,
            x + 2,
            ms / 1000,
            ms % 1000 / 10
        );
    }
}

fn marks(run: &Run) -> Vec<(&'static str, u64)> {
    let mut marks = vec![("API", run.api_server_ms), ("node Ready", run.node_ms)];
    marks.extend(run.addons_ms.map(|ms| ("add-ons Ready", ms)));
    marks
}

fn height(run: &Run) -> u64 {
    let lanes = u64::try_from(run.stages.len()).unwrap_or_default().max(1);
    HEAD + lanes * LANE
}

fn last(run: &Run) -> u64 {
    let stages = run
        .stages
        .iter()
        .map(|stage| stage.end_ms)
        .max()
        .unwrap_or_default();
    stages.max(run.node_ms).max(run.addons_ms.unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::tests::run;

    #[test]
    fn every_subject_has_a_panel_and_every_stage_a_bar() {
        let mut slow = run(Subject::Kubeadm, 12_000);
        slow.stages[0].name = "<import>".into();
        let figures = Figures {
            binary_bytes: 0,
            runs: vec![run(Subject::Bowline, 4000), slow],
        };
        let svg = draw(&figures);
        assert_eq!(svg.matches("class=\"title\"").count(), 2);
        assert_eq!(svg.matches("class=\"bar\"").count(), 2);
        assert_eq!(svg.matches("class=\"mark\"").count(), 6);
        assert!(
            svg.contains("&lt;import>") && svg.contains("node Ready 4.00 s"),
            "{svg}"
        );
    }

    #[test]
    fn the_scale_ends_at_the_longest_time_and_has_few_marks() {
        let scale = Scale { longest: 100_000 };
        assert_eq!(
            (scale.x(0), scale.x(100_000), scale.x(200_000)),
            (LEFT, WIDTH - RIGHT, WIDTH - RIGHT)
        );
        assert_eq!(
            scale.seconds().collect::<Vec<_>>(),
            [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
        );
    }

    #[test]
    fn nothing_measured_is_an_empty_picture() {
        assert!(
            draw(&Figures {
                binary_bytes: 0,
                runs: Vec::new()
            })
            .starts_with("<svg")
        );
    }
}
