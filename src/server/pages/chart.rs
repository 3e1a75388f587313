//! Charts as SVG from the server, each with its numbers as a table.

use maud::{Markup, html};

use crate::clock::Timestamp;

const WIDTH: usize = 320;
const HEIGHT: usize = 96;

/// How a chart draws its values: lines, or bars on top of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChartStyle {
    /// Bars, one series on top of the other.
    Stacked,
    /// A line for each series; a missing value leaves a gap.
    Lines,
}

/// One line or bar colour of a chart: its name, its CSS class and a value for each step.
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    pub(super) values: Vec<Option<f64>>,
}

/// A chart over time, drawn as SVG.
pub(super) struct Chart<'a> {
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    pub(super) form: ChartStyle,
    /// The moment at which each step begins.
    pub(super) steps: &'a [Timestamp],
    pub(super) series: Vec<Series>,
    /// A value in words.
    pub(super) words: fn(f64) -> String,
}

impl Chart<'_> {
    pub(super) fn render(&self) -> Markup {
        let top = self.top();
        let title = format!("{}-title", self.name);
        html! {
            figure.chart {
                figcaption #(title) {
                    (self.title)
                    ul.legend { @for series in &self.series { li.(series.class) { (series.name) " " span.quiet { (self.latest(series)) } } } }
                }
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby=(title) preserveAspectRatio="none" {
                    line.axis x1="0" x2=(WIDTH) y1=(HEIGHT) y2=(HEIGHT) {}
                    @match self.form {
                        ChartStyle::Stacked => (self.bars(top)),
                        ChartStyle::Lines => (self.lines(top)),
                    }
                }
                p.scale { span { (self.first_step()) } span { "at most " ((self.words)(top)) } span { "now" } }
                details {
                    summary { "The numbers" }
                    (self.numbers())
                }
            }
        }
    }

    /// The highest value, or stack of values.
    fn top(&self) -> f64 {
        let at = |step: usize| self.series.iter().filter_map(move |series| series.values.get(step).copied().flatten());
        let heights = (0..self.steps.len()).map(|step| match self.form {
            ChartStyle::Stacked => at(step).sum(),
            ChartStyle::Lines => at(step).fold(0.0, f64::max),
        });
        heights.fold(0.0, f64::max)
    }

    fn latest(&self, series: &Series) -> String {
        match self.form {
            ChartStyle::Stacked => (self.words)(series.values.iter().flatten().sum()),
            ChartStyle::Lines => {
                series.values.iter().rev().flatten().next().map_or_else(String::new, |value| (self.words)(*value))
            }
        }
    }

    fn first_step(&self) -> String {
        self.steps.first().map_or_else(String::new, |step| clock(*step))
    }

    fn bars(&self, top: f64) -> Markup {
        let width = WIDTH as f64 / self.steps.len().max(1) as f64;
        let mut marks = Vec::new();
        for step in 0..self.steps.len() {
            let mut base = HEIGHT as f64;
            for series in &self.series {
                let Some(value) = series.values.get(step).copied().flatten().filter(|value| *value > 0.0) else {
                    continue;
                };
                // Whatever there is can be seen.
                let height = (value / top * (HEIGHT - 4) as f64).max(1.5);
                base -= height;
                marks.push((series.class, step as f64 * width + 0.5, base, height));
            }
        }
        html! {
            @for (class, x, y, height) in marks {
                rect.(class) x=(round(x)) y=(round(y)) width=(round((width - 1.0).max(1.0))) height=(round(height)) {}
            }
        }
    }

    fn lines(&self, top: f64) -> Markup {
        let step_width = WIDTH as f64 / self.steps.len().saturating_sub(1).max(1) as f64;
        let y = |value: f64| HEIGHT as f64 - if top > 0.0 { value / top * (HEIGHT - 4) as f64 } else { 0.0 };
        html! {
            @for series in &self.series {
                @for run in runs(&series.values) {
                    @let points: Vec<String> = run.iter().map(|(step, value)| format!("{},{}", round(*step as f64 * step_width), round(y(*value)))).collect();
                    @match points.as_slice() {
                        [only] => { @let (x, y) = only.split_once(',').unwrap_or_default(); circle.(series.class) cx=(x) cy=(y) r="2" {} },
                        _ => polyline.(series.class) points=(points.join(" ")) {},
                    }
                }
            }
        }
    }

    fn numbers(&self) -> Markup {
        html! {
            table.numbers {
                thead { tr { th scope="col" { "From" } @for series in &self.series { th.number scope="col" { (series.name) } } } }
                tbody {
                    @for (at, step) in self.steps.iter().enumerate() {
                        tr {
                            th scope="row" { (clock(*step)) }
                            @for series in &self.series {
                                td.number { (series.values.get(at).copied().flatten().map_or("–".to_owned(), self.words)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Values that follow each other without a gap, each with its step.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs = vec![Vec::new()];
    for (step, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((step, *value)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn clock(time: Timestamp) -> String {
    time.to_datetime().format("%H:%M UTC").to_string()
}

/// One digit is enough for a screen.
fn round(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(form: ChartStyle, series: Vec<Series>) -> String {
        let steps: Vec<_> = (0..3).map(|at| Timestamp::from_millis(at * 60_000)).collect();
        let words = |value: f64| format!("{value}");
        Chart { name: "c", title: "C", form, steps: &steps, series, words }.render().into_string()
    }

    #[test]
    fn bars_stand_on_each_other_and_the_smallest_is_seen() {
        let series = vec![
            Series { name: "good", class: "good", values: vec![Some(1000.0), Some(0.0), None] },
            Series { name: "bad", class: "bad", values: vec![Some(1.0), None, None] },
        ];
        let drawn = chart(ChartStyle::Stacked, series);
        assert_eq!(drawn.matches("<rect").count(), 2);
        assert!(
            drawn.contains(r#"height="1.5""#)
                && drawn.contains("at most 1001")
                && drawn.contains("<td class=\"number\">–")
        );
    }

    #[test]
    fn a_line_has_gaps_where_nothing_is_known() {
        let values = vec![Some(1.0), None, Some(2.0)];
        assert_eq!(runs(&values), [vec![(0, 1.0)], vec![(2, 2.0)]]);
        let drawn = chart(ChartStyle::Lines, vec![Series { name: "p50", class: "a", values }]);
        assert_eq!(drawn.matches("<circle").count(), 2);
        assert!(chart(ChartStyle::Lines, Vec::new()).contains("<svg"));
    }
}
