// SPDX-License-Identifier: GPL-2.0
//! The scripts that a module has: `ps`, `kill`, and the lines of `top`.

use std::ffi::OsStr;

use serde_json::{
    Value as Json,
    json, //
};

use crate::abi::{
    self,
    lunatik_script, //
};
use crate::device::{
    self,
    Access,
    Device, //
};
use crate::error::{
    Error,
    Result, //
};
use crate::format::{
    self,
    Align, //
};
use crate::json;
use crate::run;

/// Lists the scripts.
pub fn ps(device: &OsStr, as_json: bool) -> Result<()> {
    let mut scripts = Device::open(device, Access::Look)?.list()?;
    scripts.sort_by_key(|script| script.id);
    if as_json {
        let array: Vec<Json> = scripts.iter().map(object).collect();
        return json::print(&array);
    }
    let mut text = table(&scripts, None).join("\n");
    text.push('\n');
    run::print(text.as_bytes())
}

/// Ends scripts, all that can be ended.
pub fn kill(device: &OsStr, ids: &[u64]) -> Result<()> {
    let device = Device::open(device, Access::Look)?;
    let mut good = true;
    for id in ids {
        let why = match device.kill(*id) {
            Ok(true) => continue,
            Ok(false) => format!("there is no script {id}"),
            Err(error) => error.to_string(),
        };
        eprintln!("lunatik: {why}");
        good = false;
    }
    match good {
        true => Ok(()),
        false => Err(Error::Told),
    }
}

/// A line for each script, under headings. With `rate`, what it gives has a column of its own.
pub fn table(
    scripts: &[lunatik_script],
    rate: Option<&dyn Fn(&lunatik_script) -> String>,
) -> Vec<String> {
    let mut headings = vec![
        ("ID", Align::Right, 4),
        ("STATE", Align::Left, 6),
        ("PID", Align::Right, 5),
        ("UID", Align::Right, 5),
        ("AGE", Align::Right, 7),
        ("INSTR", Align::Right, 5),
    ];
    headings.extend(rate.map(|_| ("INSTR/s", Align::Right, 7)));
    headings.extend([("MEMORY", Align::Right, 6), ("SCRIPT", Align::Left, 0)]);
    let row = |script: &lunatik_script| {
        let mut row = vec![
            script.id.to_string(),
            state(script),
            pid(script),
            script.uid.to_string(),
            format::age(script.age),
            format::count(script.instructions),
        ];
        row.extend(rate.map(|rate| rate(script)));
        row.extend([format::size(script.memory), name(script)]);
        row
    };
    let rows: Vec<Vec<String>> = scripts.iter().map(row).collect();
    format::columns(&headings, &rows)
}

/// `wait`, `2`, `2 idle`.
fn state(script: &lunatik_script) -> String {
    match script.state {
        abi::LUNATIK_STATE_NONE => "wait".into(),
        state if is_idle(script) => format!("{state} idle"),
        state => state.to_string(),
    }
}

/// A process of another namespace has no number here.
fn pid(script: &lunatik_script) -> String {
    match script.pid {
        0 => "-".into(),
        pid => pid.to_string(),
    }
}

/// Its submitter's choice, so shown with care.
fn name(script: &lunatik_script) -> String {
    format::printable(device::text(&script.name))
}

pub fn is_idle(script: &lunatik_script) -> bool {
    script.flags & abi::LUNATIK_SCRIPT_IDLE != 0
}

pub fn waits(script: &lunatik_script) -> bool {
    script.state == abi::LUNATIK_STATE_NONE
}

fn object(script: &lunatik_script) -> Json {
    let flag = |flag| script.flags & flag != 0;
    json!({
        "id": script.id,
        "name": json::string(device::text(&script.name)),
        "state": (!waits(script)).then_some(script.state),
        "idle": is_idle(script),
        "pid": (script.pid != 0).then_some(script.pid),
        "uid": script.uid,
        "age_ns": script.age,
        "instructions": script.instructions,
        "memory": script.memory,
        "check": flag(abi::LUNATIK_RUN_CHECK),
        "keep": flag(abi::LUNATIK_RUN_KEEP),
        "detached": flag(abi::LUNATIK_RUN_DETACH),
    })
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A script that runs in a state, as a module would list it.
    pub fn script(id: u64, state: u32, instructions: u64, called: &[u8]) -> lunatik_script {
        let mut script = lunatik_script {
            id,
            state,
            pid: 1234,
            uid: 1000,
            age: 65_000_000_000,
            instructions,
            memory: 14_643,
            ..Default::default()
        };
        script.name[..called.len()].copy_from_slice(called);
        script
    }

    #[test]
    fn scripts_are_a_table() {
        let mut waiting = script(12, abi::LUNATIK_STATE_NONE, 0, b"evil\x1b[2J\n.lua");
        waiting.pid = 0;
        waiting.age = 0;
        waiting.memory = 0;
        let mut idle = script(3, 1, 999, b"repl");
        idle.flags = abi::LUNATIK_RUN_KEEP | abi::LUNATIK_SCRIPT_IDLE;
        let scripts = [idle, script(7, 0, 1_234_567, b"loop.lua"), waiting];
        assert_eq!(
            table(&scripts, None),
            [
                "  ID  STATE     PID    UID      AGE  INSTR  MEMORY  SCRIPT",
                "   3  1 idle   1234   1000    1m05s    999   14.2K  repl",
                "   7  0        1234   1000    1m05s   1.2M   14.2K  loop.lua",
                "  12  wait        -   1000      0ms      0       0  evil\\x1b[2J\\n.lua",
            ]
        );
        assert_eq!(table(&[], None).len(), 1);
    }

    #[test]
    fn programs_get_all_of_it() {
        let mut detached = script(7, 0, 5, b"a.lua");
        detached.flags = abi::LUNATIK_RUN_DETACH;
        let value = object(&detached);
        assert_eq!(value["state"], 0);
        assert_eq!(value["name"], "a.lua");
        assert_eq!(value["detached"], true);
        assert_eq!(value["keep"], false);
        assert_eq!(value["age_ns"], 65_000_000_000u64);
        let waiting = object(&script(8, abi::LUNATIK_STATE_NONE, 0, b""));
        assert_eq!(waiting["state"], Json::Null);
    }
}
