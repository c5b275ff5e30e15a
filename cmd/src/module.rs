// SPDX-License-Identifier: GPL-2.0
//! What a module says of itself: `info`, `scripts` and `stats`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::{
    Value as Json,
    json, //
};

use crate::abi::{
    self,
    lunatik_info,
    lunatik_named, //
};
use crate::device::{
    self,
    Access,
    Device, //
};
use crate::error::Result;
use crate::failed;
use crate::format::{
    self,
    Align, //
};
use crate::json;
use crate::run;

/// Prints what the module is.
pub fn info(device: &OsStr, as_json: bool) -> Result<()> {
    let device = Device::open(device, Access::Look)?;
    let info = device.info();
    if as_json {
        return json::print(&object(info));
    }
    run::print(lines(info, &device.path().display().to_string()).as_bytes())
}

fn lines(info: &lunatik_info, path: &str) -> String {
    let text = |array| format::printable(device::text(array));
    let limit = |limit, unit: fn(u64) -> String| match limit {
        0 => "none".into(),
        limit => unit(limit),
    };
    let rows = [
        ("device", path.into()),
        (
            "module",
            format!("{} {}", text(&info.module), text(&info.version)),
        ),
        ("interface", interface(info.abi)),
        ("states", info.states.to_string()),
        ("tables", info.tables.to_string()),
        ("scripts", info.scripts.to_string()),
        (
            "compiler",
            match device::compiles(info) {
                true => "yes",
                false => "no (it runs its scripts alone)",
            }
            .into(),
        ),
        ("script-max", format::size(info.script_max)),
        (
            "instruction-limit",
            limit(info.instruction_limit, format::count),
        ),
        (
            "time-limit",
            limit(info.time_limit, |limit| {
                format::age(limit.saturating_mul(1_000_000))
            }),
        ),
        ("memory-limit", limit(info.memory_limit, format::size)),
        ("output-limit", limit(info.output_limit, format::size)),
    ];
    rows.iter()
        .map(|(name, value)| format!("{name:<18} {value}\n"))
        .collect()
}

/// The version rule, for people.
fn interface(theirs: u32) -> String {
    let ours = abi::LUNATIK_ABI;
    match theirs.cmp(&ours) {
        std::cmp::Ordering::Equal => theirs.to_string(),
        std::cmp::Ordering::Less => {
            format!("{theirs} (this command knows {ours}: what is new in it will be refused)")
        }
        std::cmp::Ordering::Greater => {
            format!("{theirs} (this command knows {ours}: it works, without what is new)")
        }
    }
}

fn object(info: &lunatik_info) -> Json {
    let text = |array| json::string(device::text(array));
    json!({
        "abi": info.abi,
        "device": text(&info.device),
        "module": text(&info.module),
        "version": text(&info.version),
        "states": info.states,
        "tables": info.tables,
        "scripts": info.scripts,
        "compiler": device::compiles(info),
        "script_max": info.script_max,
        "instruction_limit": info.instruction_limit,
        "time_limit_ms": info.time_limit,
        "memory_limit": info.memory_limit,
        "output_limit": info.output_limit,
    })
}

/// Lists the scripts that the module contains.
pub fn scripts(device: &OsStr, as_json: bool) -> Result<()> {
    let scripts = Device::open(device, Access::Look)?.scripts()?;
    if as_json {
        let array: Vec<Json> = scripts.iter().map(script).collect();
        return json::print(&array);
    }
    let mut text = table(&scripts).join("\n");
    text.push('\n');
    run::print(text.as_bytes())
}

fn is_at_load(script: &lunatik_named) -> bool {
    script.flags & abi::LUNATIK_NAMED_AT_LOAD != 0
}

fn script(script: &lunatik_named) -> Json {
    json!({
        "name": json::string(device::text(&script.name)),
        "size": script.size,
        "at_load": is_at_load(script),
    })
}

fn table(scripts: &[lunatik_named]) -> Vec<String> {
    let headings = [
        ("SIZE", Align::Right, 6),
        ("LOAD", Align::Left, 4),
        ("SCRIPT", Align::Left, 0),
    ];
    let row = |script: &lunatik_named| {
        let load = if is_at_load(script) { "yes" } else { "-" };
        vec![
            format::size(script.size.into()),
            load.into(),
            format::printable(device::text(&script.name)),
        ]
    };
    let rows: Vec<Vec<String>> = scripts.iter().map(row).collect();
    format::columns(&headings, &rows)
}

/// Prints the module's counters.
pub fn stats(device: &OsStr, as_json: bool) -> Result<()> {
    let folder = Device::open(device, Access::Look)?.sysfs()?;
    let mut counters = BTreeMap::new();
    read(&folder, "", &mut counters)
        .map_err(|error| failed!("cannot read {}: {error}", folder.display()))?;
    if as_json {
        let object: serde_json::Map<String, Json> = counters
            .into_iter()
            .map(|(name, value)| {
                let number = value.parse::<i64>().map(Json::from);
                (name, number.unwrap_or_else(|_| value.into()))
            })
            .collect();
        return json::print(&object);
    }
    let width = counters.keys().map(String::len).max().unwrap_or(0);
    let lines: String = counters
        .iter()
        .map(|(name, value)| format!("{name:<width$} {}\n", format::printable(value.as_bytes())))
        .collect();
    run::print(lines.as_bytes())
}

/// One value a file. What the kernel gives every device is left out, and so is what cannot be read, and the
/// configuration, which is no counter.
fn read(
    folder: &Path,
    prefix: &str,
    counters: &mut BTreeMap<String, String>,
) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        let name = format!("{prefix}{file}");
        if kind.is_dir() && file != "power" {
            read(&entry.path(), &format!("{name}/"), counters)?;
        }
        let ours = kind.is_file() && !matches!(name.as_str(), "dev" | "uevent" | "config");
        if let (true, Ok(value)) = (ours, fs::read_to_string(entry.path())) {
            counters.insert(name, value.trim_end().to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_introduces_itself() {
        let mut info = lunatik_info {
            abi: abi::LUNATIK_ABI,
            states: 4,
            tables: 1,
            scripts: 2,
            script_max: 1 << 20,
            time_limit: 10_000,
            memory_limit: 16 << 20,
            ..Default::default()
        };
        info.module[..7].copy_from_slice(b"lunatik");
        info.version[..5].copy_from_slice(b"0.1.0");
        assert_eq!(
            lines(&info, "/dev/luadrv"),
            "device             /dev/luadrv\n\
             module             lunatik 0.1.0\n\
             interface          2\n\
             states             4\n\
             tables             1\n\
             scripts            2\n\
             compiler           yes\n\
             script-max         1.0M\n\
             instruction-limit  none\n\
             time-limit         10.0s\n\
             memory-limit       16.0M\n\
             output-limit       none\n"
        );
        assert_eq!(object(&info)["time_limit_ms"], 10_000);
        info.flags = abi::LUNATIK_INFO_NO_COMPILER;
        assert_eq!(object(&info)["compiler"], false);
        assert!(lines(&info, "").contains("\ncompiler           no (it runs"));
        assert!(interface(0).contains("refused"));
        assert!(interface(3).contains("it works"));
    }

    #[test]
    fn the_scripts_of_a_module_are_a_table() {
        let named = |called: &[u8], size, flags| {
            let mut script = lunatik_named {
                size,
                flags,
                ..Default::default()
            };
            script.name[..called.len()].copy_from_slice(called);
            script
        };
        let scripts = [
            named(b"watch", 3000, abi::LUNATIK_NAMED_AT_LOAD),
            named(b"report", 90, 0),
        ];
        assert_eq!(
            table(&scripts),
            [
                "  SIZE  LOAD  SCRIPT",
                "  2.9K  yes   watch",
                "    90  -     report"
            ]
        );
        let object = script(&scripts[0]);
        assert_eq!(object["name"], "watch");
        assert_eq!(object["at_load"], true);
        assert_eq!(script(&scripts[1])["at_load"], false);
    }

    #[test]
    fn counters_are_files() {
        let folder = tempfile::tempdir().unwrap();
        for folder in ["power", "tables", "tables/rcu"].map(|name| folder.path().join(name)) {
            fs::create_dir(folder).unwrap();
        }
        for (file, text) in [
            ("dev", "10:62\n"),
            ("running", "2\n"),
            ("tables/rcu/entries", "17\n"),
            ("power/control", "auto\n"),
        ] {
            fs::write(folder.path().join(file), text).unwrap();
        }
        std::os::unix::fs::symlink("/", folder.path().join("subsystem")).unwrap();
        let mut counters = BTreeMap::new();
        read(folder.path(), "", &mut counters).unwrap();
        let wanted = [("running", "2"), ("tables/rcu/entries", "17")];
        let wanted = wanted.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(counters, BTreeMap::from(wanted));
    }
}
