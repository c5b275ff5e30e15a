// SPDX-License-Identifier: GPL-2.0
//! `[budget]` held against sizes.

mod common;

use std::fs;

use lunatik_build::config::Accepted;
use lunatik_build::size::budget::{
    self,
    Baseline, //
};
use lunatik_build::size::{
    Flavour,
    Memory,
    Part,
    Saved,
    Sizes, //
};

fn accepted(text: &str) -> Accepted {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.toml");
    fs::write(&path, text).unwrap();
    common::read_file(&path).unwrap_or_else(|message| panic!("{message}"))
}

fn flavour(core: u64, math: u64) -> Flavour {
    let part = |name: &str, text| Part {
        part: name.to_owned(),
        sizes: Sizes {
            text,
            ..Sizes::default()
        },
    };
    Flavour {
        module: "lunatik".to_owned(),
        states: 4,
        parts: vec![part("Lua core", core), part("library math", math)],
        tables: [].into(),
        file: 0,
        memory: None,
    }
}

fn with_memory(mut flavour: Flavour) -> Flavour {
    flavour.memory = Some(Memory {
        state: 2000,
        tables: 300,
        elements: [].into(),
    });
    flavour
}

const BUDGET: &str = "[budget]\nko = 20000\nstate = 2000\ntotal = 28300\n";

#[test]
fn what_is_used_up_is_not_exceeded() {
    let accepted = accepted(BUDGET);
    assert!(budget::exceeded(&accepted, &flavour(15000, 5000), None).is_none());
    let measured = with_memory(flavour(15000, 5000));
    assert_eq!(measured.idle(), Some(28300));
    assert!(budget::exceeded(&accepted, &measured, None).is_none());
}

#[test]
fn what_is_over_is_told_with_the_part_to_look_at() {
    let accepted = accepted(BUDGET);
    let mut measured = with_memory(flavour(15000, 5001));
    measured.memory.as_mut().unwrap().state = 2001;
    let baseline = Baseline {
        name: "saved.json".to_owned(),
        saved: Saved {
            flavours: vec![flavour(14990, 1)],
        },
    };
    let refused = budget::exceeded(&accepted, &measured, Some(&baseline)).unwrap();
    common::golden(
        &common::tests().join("golden/budget.stderr"),
        &refused.render(false),
    );
}

#[test]
fn without_a_baseline_the_largest_part_is_named_alone() {
    let accepted = accepted("[budget]\nko = 20000\n");
    let refused = budget::exceeded(&accepted, &flavour(30000, 1), None).unwrap();
    let said = refused.render(false);
    assert!(
        said.contains("`Lua core` takes most, 30000 bytes"),
        "{said}"
    );
    assert!(!said.contains("grew"), "{said}");
    // What was not measured is over nothing, and a flavour without budgets never is.
    assert_eq!(refused.diagnostics.len(), 1);
    let none = self::accepted("");
    assert!(budget::exceeded(&none, &with_memory(flavour(1 << 30, 1)), None).is_none());
}
