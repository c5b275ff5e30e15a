// SPDX-License-Identifier: GPL-2.0
//! From what the guest said to figures: parsing, and the statistics of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

/// What was measured, by name. Costs of an operation are in nanoseconds, which
/// the counting machine makes instructions.
pub type Figures = BTreeMap<String, f64>;

/// What one loop, or one figure, said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// The loop with the operation, a turn of it; or the figure.
    pub with: f64,
    /// The same loop without it. It is kept apart until the end: each of the two is
    /// a time that only grows by what disturbs it, their difference is not.
    pub without: f64,
}

/// The samples of one run: a load of the module, with one seed for its hashes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    pub samples: BTreeMap<String, Vec<Sample>>,
}

/// Everything that one boot of the machine said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// The kernel's source of time.
    pub clock: String,
    pub runs: Vec<Run>,
}

/// Reads the file that `guest/run` writes.
///
/// # Errors
///
/// A line that is none of those that `guest/lib.lua` and `guest/run` write.
pub fn parse(text: &str) -> Result<Said> {
    let mut said = Said::default();
    for line in text.lines() {
        read_line(&mut said, line).with_context(|| format!("the guest said {line:?}"))?;
    }
    ensure!(!said.runs.is_empty(), "the guest said nothing");
    Ok(said)
}

fn read_line(said: &mut Said, line: &str) -> Result<()> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (name, sample) = match words[..] {
        ["clocksource", clock] => {
            said.clock = clock.to_owned();
            return Ok(());
        }
        ["#", ..] => {
            said.runs.push(Run::default());
            return Ok(());
        }
        ["@", name, with, without, n] => {
            let [with, without, n] = [with, without, n].map(str::parse::<i64>);
            let (with, without, n) = (with?, without?, n?);
            ensure!(n > 0, "no operations");
            let each = |time: i64| time as f64 / n as f64;
            (
                name,
                Sample {
                    with: each(with),
                    without: each(without),
                },
            )
        }
        ["=", name, value] => (name, Sample::from(value.parse::<i64>()? as f64)),
        _ => bail!("no such line"),
    };
    let run = said.runs.last_mut().context("before any run")?;
    run.samples.entry(name.to_owned()).or_default().push(sample);
    Ok(())
}

impl From<f64> for Sample {
    fn from(figure: f64) -> Self {
        Self {
            with: figure,
            without: 0.0,
        }
    }
}

/// How the samples of a run become one figure, and those of several runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The middle of the middle ones: for counts, which nothing disturbs but the luck of hashing.
    Median,
    /// The least of the middle ones: for times, which others on the host only make longer.
    Least,
    /// The greatest of the upper deciles: for rates of two CPUs, which the host seldom lets run at
    /// the same time for long.
    Greatest,
}

impl Of {
    fn of_run(self, samples: &[f64]) -> Option<f64> {
        match self {
            Of::Median | Of::Least => median(samples),
            Of::Greatest => upper_decile(samples),
        }
    }

    fn of_runs(self, figures: &[f64]) -> Option<f64> {
        match self {
            Of::Median => median(figures),
            Of::Least => figures.iter().copied().min_by(f64::total_cmp),
            Of::Greatest => figures.iter().copied().max_by(f64::total_cmp),
        }
    }
}

/// What nine of ten samples do not exceed; `None` of none.
fn upper_decile(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() * 9).div_ceil(10).checked_sub(1)?;
    sorted.get(at).copied()
}

/// The middle of `samples`, or between the two in the middle; `None` of none.
pub fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length.is_multiple_of(2) => {
            Some(f64::midpoint(sorted[middle - 1], sorted[middle]))
        }
        _ => Some(sorted[middle]),
    }
}

/// One figure for each name: what `of` says, and what the loop takes without the
/// operation taken off.
pub fn figures(runs: &[Run], of: impl Fn(&str) -> Of) -> Figures {
    let names: BTreeSet<&String> = runs.iter().flat_map(|run| run.samples.keys()).collect();
    let figure = |name: &String| {
        let part = |of: Of, part: fn(&Sample) -> f64| {
            let samples = runs.iter().filter_map(|run| run.samples.get(name));
            let of_each = samples
                .filter_map(|samples| of.of_run(&samples.iter().map(part).collect::<Vec<_>>()));
            of.of_runs(&of_each.collect::<Vec<_>>())
        };
        let of = of(name);
        Some(part(of, |sample| sample.with)? - part(of, |sample| sample.without)?)
    };
    names
        .into_iter()
        .filter_map(|name| Some((name.clone(), figure(name)?)))
        .collect()
}

/// Adds `<name>.both`, what two CPUs did together, where both `<name>.cpu0` and
/// `<name>.cpu1` took part. A zero says that one was late, or did nothing: it is
/// left out.
pub fn pair_up(run: &mut Run) {
    let names: Vec<String> = run
        .samples
        .keys()
        .filter_map(|name| Some(name.strip_suffix(".cpu0")?.to_owned()))
        .collect();
    for name in names {
        let [first, second] = ["cpu0", "cpu1"].map(|cpu| {
            let samples = run.samples.get(&format!("{name}.{cpu}"));
            samples.cloned().unwrap_or_default()
        });
        let both = first.iter().zip(&second);
        let both = both.filter(|(first, second)| first.with > 0.0 && second.with > 0.0);
        let both: Vec<Sample> = both
            .map(|(first, second)| (first.with + second.with).into())
            .collect();
        run.samples.insert(format!("{name}.both"), both);
    }
    for samples in run.samples.values_mut() {
        samples.retain(|sample| sample.with != 0.0);
    }
    run.samples.retain(|_, samples| !samples.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
clocksource tsc
# single
@ get 3000 1000 100
@ get 5000 1000 100
= bytes 40
# single
@ get 2000 1000 100
";

    fn run(samples: &[(&str, &[f64])]) -> Run {
        let samples = samples.iter().map(|(name, figures)| {
            let samples = figures.iter().map(|figure| Sample::from(*figure));
            ((*name).to_owned(), samples.collect())
        });
        Run {
            samples: samples.collect(),
        }
    }

    #[test]
    fn the_empty_loop_is_taken_off() {
        let said = parse(SAID).unwrap();
        assert_eq!(said.clock, "tsc");
        assert_eq!(said.runs.len(), 2);
        let figures = figures(&said.runs, |_| Of::Median);
        assert_eq!(figures["get"], 20.0);
        assert_eq!(figures["bytes"], 40.0);
    }

    #[test]
    fn a_disturbed_empty_loop_makes_nothing_cheaper() {
        let said = parse("# a\n@ get 300 290 1\n# b\n@ get 900 100 1\n").unwrap();
        assert_eq!(figures(&said.runs, |_| Of::Least)["get"], 200.0);
    }

    #[test]
    fn what_the_guest_does_not_say_is_an_error() {
        for wrong in [
            "",
            "@ a 1 2",
            "# x\n@ a 1 2 0",
            "# x\n= a 1.5",
            "# x\nhello",
            "= early 1",
        ] {
            parse(wrong).unwrap_err();
        }
        let error = format!("{:#}", parse("# x\nhello").unwrap_err());
        assert!(error.contains("hello"), "{error}");
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[9.0, 1.0, 2.0, 4.0]), Some(3.0));
    }

    #[test]
    fn a_decile_leaves_out_what_is_out_of_the_way() {
        assert_eq!(upper_decile(&[]), None);
        assert_eq!(upper_decile(&[3.0]), Some(3.0));
        let samples: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        assert_eq!(upper_decile(&samples), Some(18.0));
    }

    #[test]
    fn runs_count_alike_whatever_their_samples() {
        let runs = [
            run(&[("a", &[1.0, 1.0, 7.0, 7.0, 7.0])]),
            run(&[("a", &[3.0])]),
            run(&[("a", &[4.0]), ("b", &[5.0])]),
        ];
        let all = |of| figures(&runs, |_| of);
        assert_eq!(all(Of::Median)["a"], 4.0);
        assert_eq!(all(Of::Least)["a"], 3.0);
        assert_eq!(all(Of::Greatest)["a"], 7.0);
        assert_eq!(all(Of::Median)["b"], 5.0);
    }

    #[test]
    fn a_window_that_one_missed_counts_for_neither() {
        let mut both = run(&[
            ("hot.cpu0", &[10.0, 0.0, 30.0]),
            ("hot.cpu1", &[1.0, 2.0, 0.0]),
            ("idle.cpu0", &[5.0]),
            ("idle.cpu1", &[0.0]),
        ]);
        pair_up(&mut both);
        assert_eq!(both.samples["hot.both"], [Sample::from(11.0)]);
        assert_eq!(both.samples["hot.cpu0"], [10.0, 30.0].map(Sample::from));
        assert_eq!(both.samples["idle.cpu0"], [Sample::from(5.0)]);
        assert!(!both.samples.contains_key("idle.both"));
    }
}
