// SPDX-License-Identifier: GPL-2.0
//! `get`, `set`, `del` and `list`: small scripts that never change. What users name reaches them as arguments,
//! so that no name, key or value is ever Lua.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::io::{
    self,
    Write as _, //
};

use serde_json::{
    Value as Json,
    json, //
};

use crate::abi;
use crate::device::{
    Access,
    Device, //
};
use crate::error::{
    Error,
    Result, //
};
use crate::failed;
use crate::format;
use crate::json;
use crate::run;
use crate::session::{
    Outcome,
    Script,
    Session,
    Status, //
};
use crate::value::Value;

/// Finds the table that the first argument names. It needs no library but `base`.
const TABLE: &str = "\
local name = ...
local t = _G[name]
if type(t) ~= 'userdata' then
  local names = ''
  for name, value in next, _G do
    if type(value) == 'userdata' then names = names .. ' ' .. name end
  end
  error('there is no table ' .. name .. '; there are:' .. names, 0)
end
";

/// Returns a type's name and the value.
const GET: &str = "local _, key = ... local value = t[key] return type(value), value";
const SET: &str = "local _, key, value = ... t[key] = value";
const DEL: &str = "for _, key in next, { select(2, ...) } do t[key] = nil end";
/// Prints, for each element, the length of the key, the type and the length of the value, and then both.
const LIST: &str = "\
for key, value in pairs(t) do
  local text = tostring(value)
  print(#key, type(value), #text)
  print(key)
  print(text)
end
";

/// An element's value, as a script shows it.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    string: bool,
    text: Vec<u8>,
}

impl Shown {
    /// As Lua would have it written.
    fn lua(&self) -> String {
        match self.string {
            true => format::quoted(&self.text),
            false => format::printable(&self.text),
        }
    }

    fn json(&self) -> Json {
        match self.string {
            true => json::string(&self.text),
            // An integer or a boolean, which JSON has as Lua has them.
            false => serde_json::from_slice(&self.text).unwrap_or(Json::Null),
        }
    }
}

/// Runs one of the scripts above; what it prints comes with its outcome.
fn table(device: &OsStr, script: &str, arguments: &[Value]) -> Result<(Outcome, Vec<u8>)> {
    let device = Device::open(device, Access::Run)?;
    device.must_compile()?;
    let session = Session::new(device)?;
    let text = [TABLE, script].concat();
    let (outcome, output) = session.collect(&Script {
        text: text.as_bytes(),
        name: b"lunatik",
        arguments,
        flags: abi::LUNATIK_RUN_VALUES,
        ..Default::default()
    })?;
    match outcome.status {
        Status::Ok => Ok((outcome, output)),
        _ if outcome.interrupted => Err(Error::Interrupted),
        // The traceback is one of this file, which tells users nothing.
        _ => Err(failed!("{}", first_line(&outcome.message()))),
    }
}

/// The message without its place and its traceback.
fn first_line(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let line = text.lines().next().unwrap_or_default();
    let place = line
        .strip_prefix("lunatik:")
        .and_then(|rest| rest.split_once(": "))
        .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
    place.map_or(line, |(_, message)| message).to_owned()
}

/// Prints the value of a key.
pub fn get(
    device: &OsStr,
    name: &OsStr,
    key: &OsStr,
    no_newline: bool,
    as_json: bool,
) -> Result<()> {
    let arguments = [Value::string(name), Value::string(key)];
    let (outcome, _) = table(device, GET, &arguments)?;
    let found = value(&outcome.values)?;
    if as_json {
        json::print(&found.as_ref().map_or(Json::Null, Shown::json))?;
    }
    match found {
        None if as_json => Err(Error::Told),
        None => Err(failed!(
            "{} has no key {}",
            format::printable(name.as_encoded_bytes()),
            format::quoted(key.as_encoded_bytes())
        )),
        Some(_) if as_json => Ok(()),
        Some(Shown { text, .. }) if no_newline => run::print(&text),
        Some(Shown { text, .. }) => run::print(&[&text[..], b"\n"].concat()),
    }
}

/// What [`GET`] returned; nothing for nil.
fn value(values: &[u8]) -> Result<Option<Shown>> {
    let tab = values.iter().position(|byte| *byte == b'\t');
    let (kind, text) = match tab {
        Some(tab) => (&values[..tab], &values[tab + 1..]),
        None => (values, &[][..]),
    };
    match kind {
        b"nil" => Ok(None),
        b"number" | b"boolean" | b"string" => Ok(Some(Shown {
            string: kind == b"string",
            text: text.to_vec(),
        })),
        _ => Err(failed!("the module gave no value")),
    }
}

/// Gives a key a value.
pub fn set(device: &OsStr, name: &OsStr, key: &OsStr, value: Value) -> Result<()> {
    table(
        device,
        SET,
        &[Value::string(name), Value::string(key), value],
    )
    .map(drop)
}

/// What `set` is to set, given its options.
pub fn value_to_set(
    value: Option<&OsStr>,
    string: bool,
    integer: bool,
    stdin: bool,
) -> Result<Value> {
    match value {
        None if stdin => run::read_stdin().map(Value::String),
        None => Err(Error::Usage("there is no VALUE".into())),
        Some(text) if string => Ok(Value::string(text)),
        Some(text) if integer => Value::integer(text),
        Some(text) => match Value::typed(text)? {
            Value::Nil => Err(Error::Usage(
                "nil would delete the key, which is `del`; --string sets the text".into(),
            )),
            value => Ok(value),
        },
    }
}

/// Deletes keys.
pub fn del(device: &OsStr, name: &OsStr, keys: &[OsString]) -> Result<()> {
    let texts = std::iter::once(name).chain(keys.iter().map(OsString::as_os_str));
    let arguments: Vec<Value> = texts.map(Value::string).collect();
    table(device, DEL, &arguments).map(drop)
}

/// Prints all elements.
pub fn list(device: &OsStr, name: &OsStr, as_json: bool) -> Result<()> {
    let (_, output) = table(device, LIST, &[Value::string(name)])?;
    let mut elements =
        elements(&output).ok_or_else(|| failed!("the module printed something else"))?;
    elements.sort_by(|one, other| one.0.cmp(&other.0));
    if as_json {
        let array: Vec<Json> = elements
            .iter()
            .map(|(key, value)| json!({ "key": json::string(key), "value": value.json() }))
            .collect();
        return json::print(&array);
    }
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    for (key, value) in elements {
        writeln!(stdout, "{} = {}", lua_key(&key), value.lua())
            .map_err(|error| failed!("cannot write to stdout: {error}"))?;
    }
    stdout
        .flush()
        .map_err(|error| failed!("cannot write to stdout: {error}"))
}

/// A key as it stands in a table of Lua's: bare if it is a name, else in brackets.
fn lua_key(key: &[u8]) -> String {
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    let name = key.first().is_some_and(letter)
        && key.iter().all(|byte| letter(byte) || byte.is_ascii_digit());
    match name {
        true => String::from_utf8_lossy(key).into_owned(),
        false => format!("[{}]", format::quoted(key)),
    }
}

/// What [`LIST`] printed. Nothing if it is not that.
fn elements(mut output: &[u8]) -> Option<Vec<(Vec<u8>, Shown)>> {
    let mut elements = Vec::new();
    while !output.is_empty() {
        let end = output.iter().position(|byte| *byte == b'\n')?;
        let (head, rest) = (str::from_utf8(&output[..end]).ok()?, &output[end + 1..]);
        let mut fields = head.split('\t');
        let (key_size, kind) = (fields.next()?.parse().ok()?, fields.next()?);
        let text_size = fields.next()?.parse().ok()?;
        let (key, rest) = line(rest, key_size)?;
        let (text, rest) = line(rest, text_size)?;
        let string = kind == "string";
        elements.push((key, Shown { string, text }));
        output = rest;
    }
    Some(elements)
}

/// Takes `size` bytes and a line feed.
fn line(output: &[u8], size: usize) -> Option<(Vec<u8>, &[u8])> {
    let (line, rest) = output.split_at_checked(size)?;
    Some((line.to_vec(), rest.strip_prefix(b"\n")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(string: bool, text: &[u8]) -> Shown {
        Shown {
            string,
            text: text.to_vec(),
        }
    }

    #[test]
    fn a_value_has_its_type_and_all_its_bytes() {
        assert_eq!(value(b"nil\tnil").unwrap(), None);
        assert_eq!(value(b"number\t-5").unwrap(), Some(shown(false, b"-5")));
        let bytes = b"string\ta\tb\n\0\xff";
        let string = value(bytes).unwrap().unwrap();
        assert_eq!(string, shown(true, b"a\tb\n\0\xff"));
        assert_eq!(string.lua(), r#""a\tb\n\x00\xff""#);
        assert_eq!(string.json(), json!({ "hex": "6109620a00ff" }));
        assert_eq!(shown(false, b"true").json(), json!(true));
        assert_eq!(
            shown(false, b"-9223372036854775808").json(),
            json!(i64::MIN)
        );
        assert_eq!(shown(true, b"5").json(), json!("5"));
        assert!(value(b"").is_err());
    }

    #[test]
    fn elements_may_hold_what_separates_them() {
        let output = b"1\tnumber\t2\nk\n42\n3\tstring\t5\na\nb\n1\t2\n\n\n0\tboolean\t4\n\ntrue\n";
        assert_eq!(
            elements(output).unwrap(),
            [
                (b"k".to_vec(), shown(false, b"42")),
                (b"a\nb".to_vec(), shown(true, b"1\t2\n\n")),
                (b"".to_vec(), shown(false, b"true")),
            ]
        );
        assert_eq!(elements(b""), Some(Vec::new()));
        for wrong in [
            &b"1\tnumber\t2\nk\n4"[..],
            b"x\n",
            b"1\tnumber\t2\nkk\n42\n",
        ] {
            assert_eq!(elements(wrong), None);
        }
    }

    #[test]
    fn keys_are_written_as_lua_has_them() {
        assert_eq!(lua_key(b"a_1"), "a_1");
        assert_eq!(lua_key(b""), "[\"\"]");
        assert_eq!(lua_key(b"1a"), "[\"1a\"]");
        assert_eq!(lua_key(b"a\0"), "[\"a\\x00\"]");
    }

    #[test]
    fn a_refusal_is_one_line_without_a_place() {
        let refused =
            b"lunatik:11: value of a type that `rcu` does not store\nstack traceback:\n\t[C]";
        assert_eq!(
            first_line(refused),
            "value of a type that `rcu` does not store"
        );
        assert_eq!(
            first_line(b"there is no table x; there are: rcu"),
            "there is no table x; there are: rcu"
        );
    }

    #[test]
    fn what_is_set_is_typed() {
        let typed = |text: &str| value_to_set(Some(OsStr::new(text)), false, false, false);
        assert_eq!(typed("12").unwrap(), Value::Integer(12));
        assert_eq!(typed("nil").unwrap_err().status(), 2);
        let string = value_to_set(Some(OsStr::new("12")), true, false, false);
        assert_eq!(string.unwrap(), Value::String(b"12".to_vec()));
        assert!(value_to_set(Some(OsStr::new("x")), false, true, false).is_err());
    }
}
