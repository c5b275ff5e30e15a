// SPDX-License-Identifier: GPL-2.0
//! No text makes the generator panic, and no refusal is silent.

mod common;

use std::path::Path;

use lunatik_build::config;
use lunatik_build::diagnostic::Source;
use lunatik_build::workspace::Workspace;
use proptest::prelude::*;

const FLAVOUR: &str = include_str!("../../lunatik.toml");

/// Reads `text` and draws what is wrong with it, in both ways. What is right is
/// shown, and then the same.
fn read(text: String, workspace: &Workspace) {
    read_in(&common::tests(), text, workspace);
}

fn read_in(folder: &Path, text: String, workspace: &Workspace) {
    let source = |text| Source {
        name: "garbage.toml".to_owned(),
        path: folder.join("garbage.toml"),
        text,
    };
    match config::read(source(text), workspace.known()) {
        Ok(accepted) => {
            let shown = config::read(source(accepted.show()), workspace.known());
            let config = shown.map(|shown| shown.config);
            assert_eq!(config.map_err(|it| it.render(false)), Ok(accepted.config));
        }
        Err(refused) => {
            assert!(!refused.diagnostics.is_empty());
            for colour in [true, false] {
                let drawn = refused.render(colour);
                assert!(drawn.contains("error"), "{drawn}");
            }
        }
    }
}

/// Pieces that configurations are made of, right and wrong ones.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "module",
        "device",
        "exec",
        "lua",
        "table",
        "name",
        "mode",
        "states",
        "when-busy",
        "script-max",
        "libraries",
        "stdlib",
        "buckets",
        "value-types",
        "string-max",
        "max-buckets",
        "max-entries",
        "max-bytes",
        "access",
        "init",
        "[table.init]",
        "inherit",
        "add",
        "remove",
        "[",
        "]",
        "[[",
        "]]",
        "=",
        "\n",
        ",",
        ".",
        "{",
        "}",
        "\"",
        "'''",
        "#",
        " ",
        "\"base\"",
        "\"64KiB\"",
        "0o600",
        "-1",
        "99999999999999999999999999999999999999999",
        "1e9",
        "nan",
        "true",
        "1979-05-27T07:32:00Z",
        "\"\\u0000\"",
        "\u{1b}",
        "\r\n",
        "é",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn random_pieces(pieces in prop::collection::vec(piece(), 0..40)) {
        read(pieces.concat(), &common::workspace());
    }

    #[test]
    fn a_flavour_with_a_piece_put_in(at in 0..FLAVOUR.len(), cut in 0..20_usize, piece in piece()) {
        let start = FLAVOUR.floor_char_boundary(at);
        let end = FLAVOUR.ceil_char_boundary((at + cut).min(FLAVOUR.len()));
        let text = format!("{}{piece}{}", &FLAVOUR[..start], &FLAVOUR[end..]);
        read(text, &common::workspace());
    }

    #[test]
    fn heirs_of_anything(
        at in 0..FLAVOUR.len(),
        cut in 0..20_usize,
        inherited in piece(),
        pieces in prop::collection::vec(piece(), 0..10),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let start = FLAVOUR.floor_char_boundary(at);
        let end = FLAVOUR.ceil_char_boundary((at + cut).min(FLAVOUR.len()));
        let text = format!("{}{inherited}{}", &FLAVOUR[..start], &FLAVOUR[end..]);
        std::fs::write(folder.path().join("base.toml"), text).unwrap();
        for heading in ["", "[exec]\n", "[lua]\nstdlib = ", "[[table]]\nname = \"rcu\"\n"] {
            let heir = format!("inherit = \"base.toml\"\n{heading}{}", pieces.concat());
            read_in(folder.path(), heir, &common::workspace());
        }
    }

    #[test]
    fn values_of_every_kind_for_every_key(
        key in prop::sample::select(vec![
            "module.name", "module.description", "module.embed-config", "device.name", "device.mode", "device.group",
            "device.capability", "exec.states",
            "exec.when-busy", "exec.script-max", "exec.memory-limit", "exec.instruction-limit", "exec.time-limit",
            "exec.output-limit", "exec.stack-reserve",
            "lua.libraries", "lua.libraries.add", "lua.stdlib", "lua.stdlib.remove", "budget.memory", "module", "exec", "table", "inherit",
        ]),
        value in prop_oneof![
            any::<i64>().prop_map(|n| n.to_string()),
            any::<f64>().prop_map(|n| format!("{n:?}").replace("NaN", "nan")),
            any::<String>().prop_map(|s| format!("{s:?}")),
            "[0-9]{0,25}[ KMGkib]{0,4}".prop_map(|s| format!("{s:?}")),
            prop::collection::vec("[a-z]{0,6}", 0..4).prop_map(|list| format!("{list:?}")),
            Just("{ name = 1, x = [[], {}] }".to_owned()),
            Just("[[1], { name = \"x\", buckets = 0 }]".to_owned()),
        ],
    ) {
        read(format!("{key} = {value}\n"), &common::workspace());
    }
}

#[test]
fn depth_and_length() {
    let workspace = common::workspace();
    for unit in ["[", "{", "a.", "/dev/", "x", "[[table]]\n", "\"", "-"] {
        let many = unit.repeat(20_000);
        read(many.clone(), &workspace);
        for key in [
            "module.name",
            "device.name",
            "exec.script-max",
            "table",
            "inherit",
        ] {
            read(format!("{key} = {many}"), &workspace);
            read(format!("{key} = '{many}'"), &workspace);
        }
    }
}
