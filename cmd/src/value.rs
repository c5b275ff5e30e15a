// SPDX-License-Identifier: GPL-2.0
//! A value that goes to a script as an argument: how users write it, how the device takes it.

use std::ffi::{
    OsStr,
    OsString, //
};
use std::os::unix::ffi::OsStrExt as _;

use crate::abi;
use crate::error::{
    Error,
    Result, //
};

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nil,
    Boolean(bool),
    Integer(i64),
    String(Vec<u8>),
}

impl Value {
    /// The text as it is.
    pub fn string(text: &OsStr) -> Self {
        Self::String(text.as_bytes().to_vec())
    }

    /// `12`, `-0x1f`: an integer; anything else is refused.
    pub fn integer(text: &OsStr) -> Result<Self> {
        match number(text.as_bytes()) {
            Number::Integer(integer) => Ok(Self::Integer(integer)),
            Number::TooLarge => Err(too_large(text)),
            Number::None => Err(Error::Usage(format!(
                "{} is not an integer",
                text.to_string_lossy()
            ))),
        }
    }

    /// What the text looks like: an integer, `true`, `false`, `nil`, or a string. In double quotes it is
    /// a string whatever it looks like.
    pub fn typed(text: &OsStr) -> Result<Self> {
        let bytes = text.as_bytes();
        Ok(match bytes {
            b"nil" => Self::Nil,
            b"true" => Self::Boolean(true),
            b"false" => Self::Boolean(false),
            [b'"', inside @ .., b'"'] => Self::String(inside.to_vec()),
            _ => match number(bytes) {
                Number::Integer(integer) => Self::Integer(integer),
                Number::TooLarge => return Err(too_large(text)),
                Number::None => Self::String(bytes.to_vec()),
            },
        })
    }

    fn parts(&self) -> (u32, Vec<u8>) {
        match self {
            Self::Nil => (abi::LUNATIK_TYPE_NIL, Vec::new()),
            Self::Boolean(value) => (abi::LUNATIK_TYPE_BOOLEAN, vec![u8::from(*value)]),
            Self::Integer(value) => (abi::LUNATIK_TYPE_INTEGER, value.to_ne_bytes().to_vec()),
            Self::String(bytes) => (abi::LUNATIK_TYPE_STRING, bytes.clone()),
        }
    }
}

/// Arguments of a script as they stand on the command line.
pub fn arguments(texts: &[OsString], typed: bool) -> Result<Vec<Value>> {
    texts
        .iter()
        .map(|text| match typed {
            true => Value::typed(text),
            false => Ok(Value::string(text)),
        })
        .collect()
}

/// Values as `struct lunatik_value`, each at a multiple of 8.
pub fn encode(values: &[Value]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for value in values {
        let (kind, bytes) = value.parts();
        encoded.extend_from_slice(&kind.to_ne_bytes());
        // One argument of a process is far shorter than 4 GiB, a longer one of stdin refused before.
        encoded.extend_from_slice(&(bytes.len() as u32).to_ne_bytes());
        encoded.extend_from_slice(&bytes);
        encoded.resize(encoded.len().next_multiple_of(8), 0);
    }
    encoded
}

enum Number {
    Integer(i64),
    TooLarge,
    None,
}

fn number(text: &[u8]) -> Number {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (base, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        _ => (10, digits),
    };
    if digits.is_empty() {
        return Number::None;
    }
    let mut sum = Some(0i64);
    for digit in digits {
        let Some(digit) = char::from(*digit).to_digit(base) else {
            return Number::None;
        };
        let digit = i64::from(digit);
        sum = sum
            .and_then(|sum| sum.checked_mul(i64::from(base)))
            .and_then(|sum| match negative {
                true => sum.checked_sub(digit),
                false => sum.checked_add(digit),
            });
    }
    sum.map_or(Number::TooLarge, Number::Integer)
}

fn too_large(text: &OsStr) -> Error {
    Error::Usage(format!(
        "{} does not fit into 64 bits; as a string it takes --string, or double quotes around it",
        text.to_string_lossy()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Value {
        Value::typed(OsStr::new(text)).unwrap()
    }

    fn text(text: &str) -> Value {
        Value::String(text.into())
    }

    #[test]
    fn arguments_are_what_they_look_like() {
        assert_eq!(typed("42"), Value::Integer(42));
        assert_eq!(typed("-0x1F"), Value::Integer(-31));
        assert_eq!(typed("+7"), Value::Integer(7));
        assert_eq!(typed("-9223372036854775808"), Value::Integer(i64::MIN));
        assert_eq!(typed("true"), Value::Boolean(true));
        assert_eq!(typed("false"), Value::Boolean(false));
        assert_eq!(typed("nil"), Value::Nil);
        for string in [
            "", "-", "0x", "1.5", "1e3", "True", "4 2", "12a", "\"", "\u{e9}",
        ] {
            assert_eq!(typed(string), text(string), "{string}");
        }
        assert_eq!(typed("\"42\""), text("42"));
        assert_eq!(typed("\"\""), text(""));
        assert!(Value::typed(OsStr::new("9223372036854775808")).is_err());
        assert!(Value::typed(OsStr::new("-0x8000000000000001")).is_err());
    }

    #[test]
    fn an_integer_that_is_asked_for_is_one() {
        assert_eq!(
            Value::integer(OsStr::new("0x10")).unwrap(),
            Value::Integer(16)
        );
        for wrong in ["", "x", "1.0", "true", "99999999999999999999"] {
            let error = Value::integer(OsStr::new(wrong)).unwrap_err();
            assert_eq!(error.status(), 2, "{wrong}");
        }
    }

    #[test]
    fn strings_are_any_bytes() {
        let bytes = OsStr::from_bytes(b"\xff\x01");
        assert_eq!(
            arguments(&[bytes.into()], true).unwrap(),
            [Value::String(b"\xff\x01".to_vec())]
        );
        let texts = ["1", "true"].map(OsString::from);
        assert_eq!(arguments(&texts, false).unwrap(), [text("1"), text("true")]);
    }

    #[test]
    fn each_value_begins_at_a_multiple_of_8() {
        let values = [
            Value::Boolean(true),
            Value::Nil,
            text("123456789"),
            Value::Integer(-2),
        ];
        let mut wanted = Vec::new();
        for part in [
            [1u32, 1].map(u32::to_ne_bytes).concat(),
            b"\x01\0\0\0\0\0\0\0".to_vec(),
            [0u32, 0].map(u32::to_ne_bytes).concat(),
            [3u32, 9].map(u32::to_ne_bytes).concat(),
            b"123456789\0\0\0\0\0\0\0".to_vec(),
            [2u32, 8].map(u32::to_ne_bytes).concat(),
            (-2i64).to_ne_bytes().to_vec(),
        ] {
            wanted.extend(part);
        }
        assert_eq!(encode(&values), wanted);
    }
}
