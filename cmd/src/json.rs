// SPDX-License-Identifier: GPL-2.0
//! Output for programs: one value a line.

use std::io::{
    self,
    Write as _, //
};

use serde::Serialize;
use serde_json::{
    Value,
    json,
    value::RawValue, //
};

use crate::error::Result;
use crate::failed;
use crate::session::{
    Outcome,
    Status, //
};

/// What a run tells programs, in this order.
#[derive(Serialize)]
pub struct Report {
    status: Status,
    id: u64,
    /// What the script returned, as the module wrote it.
    values: Box<RawValue>,
    output: Value,
    error: Value,
    instructions: u64,
    memory: u64,
    cpu_time_ns: u64,
    wall_time_ns: u64,
}

impl Report {
    pub fn new(outcome: &Outcome, output: &[u8]) -> Self {
        Self {
            status: outcome.status,
            id: outcome.id,
            values: values(&outcome.json),
            output: string(output),
            error: match outcome.status {
                Status::Ok => Value::Null,
                _ => string(&outcome.message()),
            },
            instructions: outcome.instructions,
            memory: outcome.memory,
            cpu_time_ns: outcome.cpu_time,
            wall_time_ns: outcome.wall_time,
        }
    }
}

/// An array of the module's, as it is; an empty one if it is none.
fn values(json: &[u8]) -> Box<RawValue> {
    let array = str::from_utf8(json)
        .ok()
        .and_then(|text| serde_json::from_str(text).ok());
    array.unwrap_or_else(|| serde_json::value::to_raw_value(&[(); 0]).unwrap_or_default())
}

/// A string; of bytes that are not UTF-8, an object with them in hexadecimal.
pub fn string(bytes: &[u8]) -> Value {
    match str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "hex": hex })
        }
    }
}

/// Prints it on one line.
pub fn print(value: &impl Serialize) -> Result<()> {
    let mut line =
        serde_json::to_vec(value).map_err(|error| failed!("cannot write JSON: {error}"))?;
    line.push(b'\n');
    io::stdout()
        .write_all(&line)
        .map_err(|error| failed!("cannot write to stdout: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        Outcome {
            status: Status::Ok,
            id: 7,
            instructions: 120,
            memory: 14_000,
            cpu_time: 5,
            wall_time: 6,
            error: Vec::new(),
            values: b"9223372036854775807\tx".to_vec(),
            json: br#"[9223372036854775807, "x"]"#.to_vec(),
            interrupted: false,
        }
    }

    #[test]
    fn a_run_is_one_object() {
        let text = serde_json::to_string(&Report::new(&outcome(), b"hello\n")).unwrap();
        assert_eq!(
            text,
            r#"{"status":"ok","id":7,"values":[9223372036854775807, "x"],"output":"hello\n","error":null,"instructions":120,"memory":14000,"cpu_time_ns":5,"wall_time_ns":6}"#
        );
    }

    #[test]
    fn a_run_that_failed_has_an_error_and_no_values() {
        let mut outcome = outcome();
        outcome.status = Status::TimeLimit;
        outcome.json = Vec::new();
        let value = serde_json::to_value(Report::new(&outcome, b"\xff")).unwrap();
        assert_eq!(value["status"], "time-limit");
        assert_eq!(value["error"], "the script took more time than it may");
        assert_eq!(value["values"], json!([]));
        assert_eq!(value["output"], json!({ "hex": "ff" }));
    }

    #[test]
    fn what_the_module_says_wrongly_does_no_harm() {
        assert_eq!(values(b"[1,").get(), "[]");
        assert_eq!(values(b"\xff").get(), "[]");
    }
}
