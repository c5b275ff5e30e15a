// SPDX-License-Identifier: GPL-2.0

//! The ioctls of an open file, as `uapi/lunatik.h` has them: the structures' way in and out.

use crate::{
    arguments::Arguments,
    device::OpenFile,
    generated::{
        config::{
            COMPILER,
            DEVICE_NAME,
            SCRIPT_MAX,
            STATES,
            VERSION, //
        },
        libraries::{
            CONTAINS,
            SCRIPTS, //
        },
        tables::GLOBALS, //
    },
    job::{
        Name,
        Options, //
    },
    limits::Limits,
    uapi::{
        self,
        flag,
        nr,
        NAME_SIZE, //
    },
    __LOG_PREFIX,
};
use kernel::{
    ioctl::{
        _IOC_NR,
        _IOC_SIZE,
        _IOC_TYPE, //
    },
    prelude::*,
    transmute::{
        AsBytes,
        FromBytes, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

/// Does what `command` says with the structure at `argument`.
pub(crate) fn dispatch(
    file: &OpenFile,
    command: u32,
    argument: UserPtr,
    nonblocking: bool,
) -> Result {
    if _IOC_TYPE(command) != uapi::IOC_MAGIC {
        return Err(ENOTTY);
    }
    let user = Structure {
        at: argument,
        size: _IOC_SIZE(command),
    };
    match _IOC_NR(command) {
        nr::INFO => info(user),
        nr::RUN => run(file, user, nonblocking),
        nr::RESULT => result(file, user, nonblocking),
        nr::LIST => list(file, user),
        nr::KILL => kill(file, user),
        nr::SCRIPTS if CONTAINS => scripts(user),
        _ => Err(ENOTTY),
    }
}

/// A structure of user space, which may be older or newer than the module's.
#[derive(Clone, Copy)]
struct Structure {
    at: UserPtr,
    size: usize,
}

/// Bytes that are looked at or cleared at a time.
const PIECE: usize = 64;

impl Structure {
    /// What user space gave. What it did not is zero, and so must be what the module does not know.
    fn read<T: FromBytes + AsBytes + Default>(self) -> Result<T> {
        let mut value = T::default();
        let known = self.size.min(size_of::<T>());
        let mut reader = UserSlice::new(self.at, self.size).reader();
        reader.read_slice(&mut value.as_bytes_mut()[..known])?;
        while !reader.is_empty() {
            let mut piece = [0; PIECE];
            let size = reader.len().min(PIECE);
            reader.read_slice(&mut piece[..size])?;
            if piece.iter().any(|&byte| byte != 0) {
                return Err(E2BIG);
            }
        }
        Ok(value)
    }

    /// Gives user space as much as it has room for, and zeros for what the module does not know.
    fn write<T: AsBytes>(self, value: &T) -> Result {
        let bytes = value.as_bytes();
        let known = self.size.min(bytes.len());
        let mut writer = UserSlice::new(self.at, self.size).writer();
        writer.write_slice(&bytes[..known])?;
        while !writer.is_empty() {
            let size = writer.len().min(PIECE);
            writer.write_slice(&[0; PIECE][..size])?;
        }
        Ok(())
    }
}

/// A text of user space, up to `max` bytes; `error` if it is longer.
fn read_text(at: u64, size: u64, max: usize, error: Error) -> Result<KVVec<u8>> {
    let mut text = KVVec::new();
    let size = usize::try_from(size).map_err(|_| error)?;
    if size > max {
        return Err(error);
    }
    if size > 0 {
        let at = UserPtr::from_addr(usize::try_from(at).map_err(|_| EFAULT)?);
        UserSlice::new(at, size).read_all(&mut text, GFP_KERNEL_ACCOUNT)?;
    }
    Ok(text)
}

/// Gives user space as much of `text` as there is room for. `size` says how much that is, and then how
/// long the text is.
fn write_text(text: &[u8], at: u64, size: &mut u64) -> Result {
    let room = usize::try_from(*size).unwrap_or(usize::MAX);
    *size = text.len() as u64;
    let text = &text[..text.len().min(room)];
    if text.is_empty() {
        return Ok(());
    }
    let at = UserPtr::from_addr(usize::try_from(at).map_err(|_| EFAULT)?);
    UserSlice::new(at, text.len()).writer().write_slice(text)
}

/// A text in an array, cut if it is too long, with a zero at its end.
fn padded(text: &[u8]) -> [u8; NAME_SIZE] {
    let mut padded = [0; NAME_SIZE];
    let (room, _) = padded.split_at_mut(text.len().min(NAME_SIZE - 1));
    room.copy_from_slice(&text[..room.len()]);
    padded
}

fn info(user: Structure) -> Result {
    let limits = Limits::FLAVOUR;
    user.write(&uapi::Info {
        abi: uapi::ABI,
        states: STATES as u32,
        tables: GLOBALS.len() as u32,
        flags: if COMPILER { 0 } else { uapi::info::NO_COMPILER },
        script_max: SCRIPT_MAX as u64,
        instruction_limit: limits.instructions,
        time_limit: limits.time,
        memory_limit: limits.memory as u64,
        output_limit: limits.output as u64,
        // The name of the module is what its log lines begin with.
        module: padded(__LOG_PREFIX.strip_suffix(b"\0").unwrap_or(__LOG_PREFIX)),
        device: padded(DEVICE_NAME.to_bytes()),
        version: padded(VERSION.as_bytes()),
        scripts: SCRIPTS.len() as u32,
        reserved: 0,
    })
}

/// The limit that was asked for, which is not above the flavour's. Zero: none.
fn limit(asked: u64, flavour: u64) -> Result<u64> {
    match asked {
        0 => Ok(flavour),
        _ if flavour != 0 && asked > flavour => Err(EPERM),
        _ => Ok(asked),
    }
}

fn run(file: &OpenFile, user: Structure, nonblocking: bool) -> Result {
    let mut run: uapi::Run = user.read()?;
    let known = if CONTAINS {
        flag::ALL | flag::NAMED
    } else {
        flag::ALL
    };
    if run.flags & !known != 0 {
        return Err(EINVAL);
    }
    let flavour = Limits::FLAVOUR;
    let size = |asked, flavour: usize| {
        limit(asked, flavour as u64).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
    };
    let limits = Limits {
        instructions: limit(run.instruction_limit, flavour.instructions)?,
        time: limit(run.time_limit, flavour.time)?,
        memory: size(run.memory_limit, flavour.memory)?,
        output: size(run.output_limit, flavour.output)?,
    };
    let name = read_text(run.name, run.name_size, NAME_SIZE - 1, ENAMETOOLONG)?;
    let arguments = read_text(run.args, run.args_size, SCRIPT_MAX, E2BIG)?;
    let options = Options {
        flags: run.flags,
        name: if name.is_empty() {
            None
        } else {
            Some(Name::new(&name)?)
        },
        limits,
        arguments: Arguments::check(arguments, run.argc)?,
        script: None,
    };
    run.id = file.start(options, nonblocking)?;
    user.write(&run)
}

fn result(file: &OpenFile, user: Structure, nonblocking: bool) -> Result {
    let mut result: uapi::Result = user.read()?;
    if result.reserved != 0 {
        return Err(EINVAL);
    }
    file.outcome(nonblocking, |job, outcome| {
        write_text(&outcome.error, result.error, &mut result.error_size)?;
        write_text(&outcome.values, result.values, &mut result.values_size)?;
        write_text(&outcome.json, result.json, &mut result.json_size)?;
        user.write(&uapi::Result {
            error: result.error,
            error_size: result.error_size,
            values: result.values,
            values_size: result.values_size,
            json: result.json,
            json_size: result.json_size,
            ..job.result(outcome)
        })
    })?
}

/// The largest row of a list that there is any sense in.
const STRIDE_MAX: usize = 4096;
/// Rows in a list beyond those that were asked for are not kept.
const ROWS_MAX: usize = 64 << 10;

/// What user space says of the room that it has for a list, and for how many rows that is.
fn read_list(user: Structure) -> Result<(uapi::List, usize)> {
    let list: uapi::List = user.read()?;
    let room = (list.room as usize).min(ROWS_MAX);
    if list.reserved != 0 || (room > 0 && !(1..=STRIDE_MAX).contains(&(list.stride as usize))) {
        return Err(EINVAL);
    }
    Ok((list, room))
}

/// Gives user space row number `index`.
fn write_row<T: AsBytes>(list: &uapi::List, index: usize, row: &T) -> Result {
    let size = list.stride as usize;
    let at = list.scripts.checked_add((index * size) as u64);
    let at = UserPtr::from_addr(usize::try_from(at.ok_or(EFAULT)?).map_err(|_| EFAULT)?);
    Structure { at, size }.write(row)
}

fn scripts(user: Structure) -> Result {
    let (mut list, room) = read_list(user)?;
    list.count = SCRIPTS.len() as u32;
    for (index, script) in SCRIPTS.iter().take(room).enumerate() {
        let row = uapi::Named {
            flags: if script.at_load {
                uapi::named::AT_LOAD
            } else {
                0
            },
            size: script.code.size() as u32,
            name: padded(script.name.to_bytes()),
        };
        write_row(&list, index, &row)?;
    }
    user.write(&list)
}

fn list(file: &OpenFile, user: Structure) -> Result {
    let (mut list, room) = read_list(user)?;
    // No more room than there is something to put in, or little more.
    let mut rows = KVVec::new();
    list.count = file.execs().list(&mut rows);
    rows.reserve(room.min(list.count as usize + 8), GFP_KERNEL_ACCOUNT)?;
    list.count = file.execs().list(&mut rows);
    rows.truncate(room);
    for (index, row) in rows.iter().enumerate() {
        write_row(&list, index, row)?;
    }
    user.write(&list)
}

fn kill(file: &OpenFile, user: Structure) -> Result {
    let kill: uapi::Kill = user.read()?;
    if kill.id == 0 {
        // Whoever has the file may end its script, by closing it for one.
        return file.kill();
    }
    let job = file.execs().find(kill.id).ok_or(ESRCH)?;
    if !job.is_of_current() {
        return Err(EPERM);
    }
    file.execs().kill(&job);
    Ok(())
}
