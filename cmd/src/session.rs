// SPDX-License-Identifier: GPL-2.0
//! Running scripts on one open file of a device, one after the other: what goes in, what comes out.

use std::fmt;
use std::io;

use rustix::event::{
    PollFd,
    PollFlags,
    poll, //
};
use serde::Serialize;

use crate::abi::{
    self,
    lunatik_result,
    lunatik_run, //
};
use crate::device::Device;
use crate::error::{
    Error,
    Result, //
};
use crate::failed;
use crate::interrupt::Interrupts;
use crate::value::{
    self,
    Value, //
};

/// A script, and how it is to run.
#[derive(Default)]
pub struct Script<'a> {
    pub text: &'a [u8],
    /// What errors call it; only the end of a long one.
    pub name: &'a [u8],
    pub arguments: &'a [Value],
    /// `LUNATIK_RUN_*`
    pub flags: u32,
    pub limits: Limits,
}

/// 0: the flavour's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    pub instructions: u64,
    /// Milliseconds.
    pub time: u64,
    /// Bytes.
    pub memory: u64,
    /// Bytes.
    pub output: u64,
}

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Ok,
    Syntax,
    Error,
    NoMemory,
    InstructionLimit,
    TimeLimit,
    MemoryLimit,
    OutputLimit,
    Killed,
    Unloaded,
    /// One that only a newer module has.
    Unknown,
}

impl From<u32> for Status {
    fn from(status: u32) -> Self {
        match status {
            abi::LUNATIK_STATUS_OK => Self::Ok,
            abi::LUNATIK_STATUS_SYNTAX => Self::Syntax,
            abi::LUNATIK_STATUS_ERROR => Self::Error,
            abi::LUNATIK_STATUS_NO_MEMORY => Self::NoMemory,
            abi::LUNATIK_STATUS_INSTRUCTION_LIMIT => Self::InstructionLimit,
            abi::LUNATIK_STATUS_TIME_LIMIT => Self::TimeLimit,
            abi::LUNATIK_STATUS_MEMORY_LIMIT => Self::MemoryLimit,
            abi::LUNATIK_STATUS_OUTPUT_LIMIT => Self::OutputLimit,
            abi::LUNATIK_STATUS_KILLED => Self::Killed,
            abi::LUNATIK_STATUS_UNLOADED => Self::Unloaded,
            _ => Self::Unknown,
        }
    }
}

/// For a script that left no message.
impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ok => "the script ran",
            Self::Syntax => "the script is no Lua",
            Self::Error => "the script raised an error",
            Self::NoMemory => "the kernel had no memory for the script",
            Self::InstructionLimit => "the script took more instructions than it may",
            Self::TimeLimit => "the script took more time than it may",
            Self::MemoryLimit => "the script took more memory than it may",
            Self::OutputLimit => "the script printed more than it may",
            Self::Killed => "the script was killed",
            Self::Unloaded => "the script was ended because its module goes",
            Self::Unknown => "the script ended in a way that this command is too old to know",
        })
    }
}

/// All that is known of a script that has ended.
pub struct Outcome {
    pub status: Status,
    pub id: u64,
    pub instructions: u64,
    /// Bytes at the peak.
    pub memory: u64,
    /// Nanoseconds.
    pub cpu_time: u64,
    /// Nanoseconds.
    pub wall_time: u64,
    pub error: Vec<u8>,
    pub values: Vec<u8>,
    pub json: Vec<u8>,
    /// Ctrl-C ended it.
    pub interrupted: bool,
}

impl Outcome {
    /// What went wrong, and the traceback; never empty.
    pub fn message(&self) -> Vec<u8> {
        match self.error.is_empty() {
            true => self.status.to_string().into_bytes(),
            false => self.error.clone(),
        }
    }
}

/// An open file of a device, and Ctrl-C.
pub struct Session {
    device: Device,
    interrupts: Interrupts,
}

impl Session {
    pub fn new(device: Device) -> Result<Self> {
        let interrupts = Interrupts::catch_impatient()
            .map_err(|error| failed!("signals cannot be caught: {error}"))?;
        Ok(Self { device, interrupts })
    }

    /// Starts a script and gives its number. Unless it is detached, [`Self::finish`] must follow.
    pub fn start(&self, script: &Script<'_>) -> Result<u64> {
        // A Ctrl-C at the prompt of a while ago means nothing to this script.
        self.interrupts.take();
        // The empty script is one, too.
        let text: &[u8] = match script.text {
            b"" => b"\n",
            text => text,
        };
        self.device.write(text).inspect_err(|_| self.discard())?;
        let arguments = value::encode(script.arguments);
        let name = short_name(script.name);
        let mut run = lunatik_run {
            flags: script.flags,
            argc: script.arguments.len() as u32,
            args: arguments.as_ptr() as u64,
            args_size: arguments.len() as u64,
            name: name.as_ptr() as u64,
            name_size: name.len() as u64,
            instruction_limit: script.limits.instructions,
            time_limit: script.limits.time,
            memory_limit: script.limits.memory,
            output_limit: script.limits.output,
            id: 0,
        };
        // SAFETY: `arguments` and `name` live until the end of this function.
        unsafe { self.device.run(&mut run) }.inspect_err(|_| self.discard())?;
        Ok(run.id)
    }

    /// Has the device forget a script that was written and not started. It keeps the text for another try, and
    /// would run it, by itself and without its limits, when the file is closed.
    fn discard(&self) {
        // What stands in the way of this is what has failed before, and is told.
        let _ = self.device.kill(0);
    }

    /// Passes on what the script prints until it ends; Ctrl-C ends it.
    pub fn finish(&self, output: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<Outcome> {
        let mut buffer = vec![0; 1 << 16];
        let mut interrupted = false;
        loop {
            let mut both = [
                PollFd::new(&self.device, PollFlags::IN),
                PollFd::new(&self.interrupts, PollFlags::IN),
            ];
            match poll(&mut both, None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(failed!("poll: {error}")),
            }
            let [device, interrupt] = both.map(|file| file.revents());
            if !interrupt.is_empty() && !self.interrupts.take().is_empty() {
                if interrupted {
                    return Err(Error::Interrupted);
                }
                interrupted = true;
                self.device.kill(0)?;
            }
            if device.is_empty() {
                continue;
            }
            match self.device.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => output(&buffer[..length])
                    .map_err(|error| failed!("the output cannot be written: {error}"))?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed!("{}: {error}", self.device.path().display())),
            }
        }
        let mut outcome = self.outcome()?;
        outcome.interrupted = interrupted && outcome.status == Status::Killed;
        Ok(outcome)
    }

    /// [`Self::start`], [`Self::finish`].
    pub fn run(
        &self,
        script: &Script<'_>,
        output: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<Outcome> {
        self.start(script)?;
        self.finish(output)
    }

    /// Runs a script whose output is wanted whole.
    pub fn collect(&self, script: &Script<'_>) -> Result<(Outcome, Vec<u8>)> {
        let mut collected = Vec::new();
        let outcome = self.run(script, &mut |output| {
            collected.extend_from_slice(output);
            Ok(())
        })?;
        Ok((outcome, collected))
    }

    /// How the script ended, texts in full.
    fn outcome(&self) -> Result<Outcome> {
        let (mut error, mut values, mut json) = (vec![0; 4096], vec![0; 4096], vec![0; 4096]);
        loop {
            let mut result = lunatik_result {
                error: error.as_mut_ptr() as u64,
                error_size: error.len() as u64,
                values: values.as_mut_ptr() as u64,
                values_size: values.len() as u64,
                json: json.as_mut_ptr() as u64,
                json_size: json.len() as u64,
                ..Default::default()
            };
            // SAFETY: Each pointer is that of a vector which lives on, with its length.
            unsafe { self.device.result(&mut result)? };
            let fits = [
                fit(&mut error, result.error_size),
                fit(&mut values, result.values_size),
                fit(&mut json, result.json_size),
            ];
            if fits != [true; 3] {
                continue;
            }
            return Ok(Outcome {
                status: result.status.into(),
                id: result.id,
                instructions: result.instructions,
                memory: result.memory,
                cpu_time: result.cpu_time,
                wall_time: result.wall_time,
                error,
                values,
                json,
                interrupted: false,
            });
        }
    }
}

/// Makes the text as long as the device says it is. False if it had not got room for all of it.
fn fit(text: &mut Vec<u8>, size: u64) -> bool {
    let (room, size) = (text.len(), size as usize);
    text.resize(size, 0);
    size <= room
}

/// A name as the device takes it: at most 63 bytes (dots and the end of a longer one), no control characters.
pub fn short_name(name: &[u8]) -> Vec<u8> {
    const MOST: usize = 63;
    let mut short = match name.len() {
        0..=MOST => name.to_vec(),
        length => [b"...", &name[length - (MOST - 3)..]].concat(),
    };
    for byte in &mut short {
        if byte.is_ascii_control() {
            *byte = b'?';
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_end() {
        assert_eq!(short_name(b"a.lua"), b"a.lua");
        assert_eq!(short_name(b"a\n\x7f\xff"), b"a??\xff");
        let long = [&[b'x'; 100][..], b"/a.lua"].concat();
        let short = short_name(&long);
        assert_eq!(short.len(), 63);
        assert!(short.starts_with(b"...x") && short.ends_with(b"x/a.lua"));
    }

    #[test]
    fn texts_that_did_not_fit_are_asked_for_again() {
        let mut text = vec![b'x'; 8];
        assert!(fit(&mut text, 8) && fit(&mut text, 3));
        assert_eq!(text, b"xxx");
        assert!(!fit(&mut text, 10));
        assert_eq!(text.len(), 10);
    }

    #[test]
    fn a_status_has_a_name_for_programs_and_a_sentence_for_people() {
        for number in 0..=10 {
            let status = Status::from(number);
            assert_eq!(status == Status::Unknown, number == 10);
            assert!(!status.to_string().is_empty());
        }
        let name = |status| serde_json::to_value(Status::from(status)).unwrap();
        assert_eq!(name(abi::LUNATIK_STATUS_OK), "ok");
        assert_eq!(name(abi::LUNATIK_STATUS_OUTPUT_LIMIT), "output-limit");
    }
}
