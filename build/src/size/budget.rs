// SPDX-License-Identifier: GPL-2.0
//! `[budget]` held against what was built and measured.

use super::{
    Flavour,
    Saved, //
};
use crate::config::{
    Accepted,
    Refused, //
};
use crate::diagnostic::Diagnostic;

/// Sizes that were saved, and the name of their file.
pub struct Baseline {
    pub name: String,
    pub saved: Saved,
}

/// What of `flavour` is over the budget of its configuration.
pub fn exceeded(
    accepted: &Accepted,
    flavour: &Flavour,
    baseline: Option<&Baseline>,
) -> Option<Refused> {
    let budget = &accepted.config.budget;
    let hold = |key: &str, budget: Option<u64>, takes: Option<u64>, what: &str| {
        let (budget, takes) = (budget?, takes?);
        let place = accepted.budget_place(key)?;
        let title = format!("{what} {takes} bytes, which is more than `budget.{key}`");
        let label = format!("exceeded by {}", takes.checked_sub(budget)?);
        (takes > budget).then(|| Diagnostic::new(title, place, label))
    };
    let module = flavour.total().total();
    let ko = hold("ko", budget.ko, Some(module), "the module takes");
    let ko = ko.map(|over| parts(over, flavour, baseline));
    let memory = flavour.memory.as_ref();
    let state = memory.map(|memory| memory.state);
    let state = hold("state", budget.state, state, "an idle state takes");
    let what = "the module and its idle states take";
    let total = hold("total", budget.total, flavour.idle(), what).zip(memory);
    let total = total.map(|(over, memory)| {
        over.note(format!(
            "the module takes {module} bytes, each of its states ({}) {}, and the tables hold {}",
            flavour.states, memory.state, memory.tables
        ))
    });
    let diagnostics: Vec<_> = [ko, state, total].into_iter().flatten().collect();
    (!diagnostics.is_empty()).then(|| Refused {
        sources: accepted.sources.clone(),
        diagnostics,
    })
}

/// Names the part to look at.
fn parts(mut over: Diagnostic, flavour: &Flavour, baseline: Option<&Baseline>) -> Diagnostic {
    if let Some(part) = flavour.largest() {
        let bytes = part.sizes.total();
        over = over.note(format!("`{}` takes most, {bytes} bytes", part.part));
    }
    let before = baseline.and_then(|baseline| baseline.saved.get(&flavour.module));
    let grown = before.and_then(|before| flavour.grown(before));
    if let (Some(baseline), Some((part, growth))) = (baseline, grown) {
        over = over.note(format!(
            "`{}` grew most since {}, by {growth} bytes",
            part.part, baseline.name
        ));
    }
    over
}
