// SPDX-License-Identifier: GPL-2.0

//! The ioctls of the device, with structures right and wrong, and ioctls that it has not.

use std::sync::atomic::Ordering::Relaxed;

use lunatik_cmd::abi;

use crate::{
    Result,
    arena::Place,
    device::{
        self, Answer, Structure, command, lunatik_info, lunatik_kill, lunatik_list, lunatik_result,
        lunatik_run, lunatik_script, lunatik_value,
    },
    random::Random,
    script::JSON_REPLACEMENT,
};

use super::{Errors, Kind, REFUSED, Worker};

const RUN: Errors = &[
    libc::EBUSY,
    libc::EAGAIN,
    libc::EINVAL,
    libc::ENODATA,
    libc::EPERM,
    libc::E2BIG,
    libc::ENAMETOOLONG,
];
const RESULT: Errors = &[
    libc::EAGAIN,
    libc::EINVAL,
    libc::ENODATA,
    libc::E2BIG,
    libc::EFAULT,
    libc::EINTR,
];
const LIST: Errors = &[libc::EINVAL, libc::E2BIG, libc::EFAULT, libc::ENOMEM];
const KILL: Errors = &[libc::ESRCH, libc::EPERM, libc::E2BIG, libc::EFAULT];
const INFO: Errors = &[libc::EFAULT];

impl Worker<'_> {
    /// What the kernel gets instead of `structure`: that mostly, or less or more of it, or what differs from it.
    fn spoil(random: &mut Random, structure: &impl Structure) -> Vec<u8> {
        let mut bytes = structure.bytes().to_vec();
        match random.below(24) {
            0 => bytes.truncate(random.below(bytes.len() + 1)),
            1 | 2 => bytes.resize(bytes.len() + random.below(200), 0),
            3 => {
                let known = bytes.len();
                bytes.resize(known + random.below(200), 0);
                random.fill(&mut bytes[known..]);
            }
            4 => bytes.resize(16383, 0),
            5 => {
                let from = random.below(bytes.len());
                let to = bytes.len().min(from + 1 + random.below(8));
                random.fill(&mut bytes[from..to]);
            }
            6 if random.one_in(3) => random.fill(&mut bytes),
            _ => {}
        }
        bytes
    }

    /// Calls the kernel with a structure, which may be spoilt. Says what the kernel was given, and answered.
    fn control(
        &mut self,
        index: usize,
        random: &mut Random,
        nr: u32,
        bytes: &[u8],
    ) -> (Place, Answer) {
        let place = self.arena.place(random, bytes);
        let number = self.number(index);
        let command = command(nr, bytes.len());
        let answer = self
            .arena
            .call(|| device::ioctl(number, command, place.address));
        (place, answer)
    }

    pub(super) fn info(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let bytes = Self::spoil(random, &lunatik_info::default());
        let (place, answer) = self.control(index, random, 0, &bytes);
        self.arena.check(&[place.range()])?;
        if answer.is_ok() && place.is_good() && !self.shares_files {
            let mut expected = self.settings.info.bytes().to_vec();
            expected.resize(bytes.len(), 0);
            if self.arena.get(place.range()) != expected {
                return Err("it says otherwise than before, or no zeros at the end".to_owned());
            }
        }
        self.note(Kind::Info, answer, &[INFO])
    }

    /// Arguments of a script, and how many.
    fn arguments(&self, index: usize, random: &mut Random) -> (Vec<u8>, u32) {
        let tag = self.files[index].map_or(b'x', |file| file.tag);
        let mut bytes = Vec::new();
        let mut count = random.below(5) as u32;
        for _ in 0..count {
            let (kind, value) = match random.below(24) {
                0..=3 => (abi::LUNATIK_TYPE_NIL, vec![]),
                4..=7 => (abi::LUNATIK_TYPE_BOOLEAN, vec![random.below(2) as u8]),
                8..=13 => (
                    abi::LUNATIK_TYPE_INTEGER,
                    (random.next() as i64).to_ne_bytes().to_vec(),
                ),
                14..=22 => (abi::LUNATIK_TYPE_STRING, vec![tag; random.below(40)]),
                _ => (random.below(6) as u32, vec![tag; random.below(12)]),
            };
            let header = lunatik_value {
                r#type: kind,
                size: value.len() as u32,
            };
            bytes.extend(header.bytes());
            bytes.extend(value);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        if random.one_in(12) {
            count = random.pick(&[0, count + 1, u32::MAX, 1 << 31]);
        }
        (bytes, count)
    }

    pub(super) fn start(&mut self, index: usize, random: &mut Random) -> Result<()> {
        if !random.one_in(3) {
            self.prepare(index, random)?;
        }
        let limits = self.settings.info;
        let mut flags = 0;
        for (often, flag) in [
            (12, abi::LUNATIK_RUN_CHECK),
            (3, abi::LUNATIK_RUN_KEEP),
            (5, abi::LUNATIK_RUN_DETACH),
            (2, abi::LUNATIK_RUN_VALUES),
            (3, abi::LUNATIK_RUN_JSON),
            (30, abi::LUNATIK_RUN_NAMED),
            (60, 1 << 6),
        ] {
            if random.one_in(often) {
                flags |= flag;
            }
        }
        let (arguments, argc) = self.arguments(index, random);
        let args = self.arena.place(random, &arguments);
        let tag = self.files[index].map_or(b'x', |file| file.tag);
        let mut name = vec![tag; random.pick(&[0, 0, 1, 10, 63])];
        match random.below(30) {
            0 => name.push(b'\n'),
            1 => name.resize(64, b'n'),
            _ => {}
        }
        let name = self.arena.place(random, &name);
        let limit = |random: &mut Random, flavour: u64| match random.below(12) {
            0 => 1 + random.next() % 1000,
            1 => flavour.max(1),
            2 if random.one_in(8) => random.next(),
            _ => 0,
        };
        let run = lunatik_run {
            flags,
            argc,
            args: args.address,
            args_size: arguments.len() as u64,
            name: name.address,
            name_size: name.size as u64,
            instruction_limit: limit(random, limits.instruction_limit),
            time_limit: limit(random, limits.time_limit),
            memory_limit: limit(random, limits.memory_limit),
            output_limit: limit(random, limits.output_limit),
            id: random.next(),
        };
        let bytes = Self::spoil(random, &run);
        let (place, answer) = self.control(index, random, 1, &bytes);
        let id = place.part(72..80);
        match answer {
            Ok(_) => {
                self.arena.check(std::slice::from_ref(&id))?;
                let started = lunatik_run::of(self.arena.get(place.range()));
                if bytes.len() >= 80 && started.id == 0 {
                    return Err("a run has the number 0".to_owned());
                }
                if bytes.len() >= 80 {
                    self.board.newest.fetch_max(started.id, Relaxed);
                }
                if let Some(file) = &mut self.files[index] {
                    file.id = started.id;
                }
            }
            // It may have been started before that was found, and be so for a script that did no harm.
            Err(libc::EFAULT) => {
                self.arena.check(&[id])?;
                if let Some(file) = &mut self.files[index] {
                    file.id = 0;
                }
            }
            Err(_) => self.arena.check(&[])?,
        }
        self.note(Kind::Run, answer, &[RUN, REFUSED])
    }

    pub(super) fn result(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let mut texts = [None; 3];
        let rooms: [usize; 3] = std::array::from_fn(|_| random.pick(&[0, 1, 10, 100, 1000, 5000]));
        for (text, room) in texts.iter_mut().zip(rooms) {
            *text = Some(self.arena.place(random, &vec![0xEE; room]));
        }
        let [error, values, json] = texts.map(|text| text.expect("filled in above"));
        let result = lunatik_result {
            reserved: u32::from(random.one_in(40)),
            error: error.address,
            error_size: error.size as u64,
            values: values.address,
            values_size: values.size as u64,
            json: json.address,
            json_size: json.size as u64,
            ..lunatik_result::default()
        };
        let bytes = Self::spoil(random, &result);
        // What the module takes it for. Where an address or a size is another than above, who knows what is written where.
        let taken = lunatik_result::of(&bytes);
        let asks = |result: &lunatik_result| {
            [
                (result.error, result.error_size),
                (result.values, result.values_size),
                (result.json, result.json_size),
            ]
        };
        let is_known = asks(&taken)
            .iter()
            .zip(asks(&result))
            .all(|(taken, asked)| *taken == asked || taken.1 == 0);
        let (place, answer) = self.control(index, random, 2, &bytes);
        if answer.is_ok() && is_known && place.is_good() {
            let said = lunatik_result::of(self.arena.get(place.range()));
            self.check_result(
                index,
                &taken,
                &said,
                [error, values, json],
                &place,
                bytes.len(),
            )?;
        } else if answer.is_err_and(|error| error != libc::EFAULT) {
            self.arena.check(&[])?;
        }
        self.note(Kind::Result, answer, &[RESULT])
    }

    /// Whether a result can be one.
    fn check_result(
        &mut self,
        index: usize,
        asked: &lunatik_result,
        said: &lunatik_result,
        texts: [Place; 3],
        place: &Place,
        size: usize,
    ) -> Result<()> {
        let limits = self.settings.info;
        let sizes = [said.error_size, said.values_size, said.json_size];
        let rooms = [asked.error_size, asked.values_size, asked.json_size];
        let mut allowed = vec![place.range()];
        for ((text, size), room) in texts.iter().zip(sizes).zip(rooms) {
            allowed.push(text.first(size.min(room) as usize));
        }
        self.arena.check(&allowed)?;
        let whole = lunatik_result::default().bytes().len();
        if self
            .arena
            .get(place.range())
            .iter()
            .skip(whole)
            .any(|&byte| byte != 0)
        {
            return Err("what the module does not know is not zero".to_owned());
        }
        if size < whole {
            return Ok(());
        }
        let wrong = if said.status > abi::LUNATIK_STATUS_UNLOADED {
            "the status"
        } else if said.reserved != 0 {
            "what is reserved"
        } else if said.id == 0 {
            "the number"
        } else if (said.error, said.values, said.json) != (asked.error, asked.values, asked.json) {
            "an address"
        } else if said.cpu_time > said.wall_time {
            "the time"
        } else if said.output > limits.output_limit {
            "the size of the output"
        } else if (said.status == abi::LUNATIK_STATUS_OK) != (said.error_size == 0)
            && said.status < abi::LUNATIK_STATUS_KILLED
            && said.status != abi::LUNATIK_STATUS_NO_MEMORY
        {
            "the size of the error"
        } else if said.status != abi::LUNATIK_STATUS_OK
            // Whose finalizers are ended has returned before.
            && said.status < abi::LUNATIK_STATUS_INSTRUCTION_LIMIT
            && said.values_size + said.json_size > 0
        {
            "that there are values"
        } else if limits.memory_limit != 0 && said.memory > limits.memory_limit {
            "the memory"
        } else {
            ""
        };
        let details = || {
            format!(
                "status {}, id {}, instructions {}, memory {}, output {}, times {} {}, sizes {sizes:?}",
                said.status,
                said.id,
                said.instructions,
                said.memory,
                said.output,
                said.cpu_time,
                said.wall_time
            )
        };
        if !wrong.is_empty() {
            return Err(format!("{wrong} of a result cannot be: {}", details()));
        }
        let Some(file) = self.files[index] else {
            return Ok(());
        };
        if self.knows(&file) && file.id != 0 && file.id != said.id {
            // A read may have started another.
            if said.id < file.id {
                return Err(format!("it is not of run {}: {}", file.id, details()));
            }
        }
        if self.shares_files {
            return Ok(());
        }
        for (text, range) in texts.iter().zip(&allowed[1..]) {
            if !text.is_good() {
                continue;
            }
            let bytes = self.arena.get(range.clone());
            let foreign = bytes.iter().find(|byte| {
                !byte.is_ascii() && **byte != file.tag && !JSON_REPLACEMENT.contains(byte)
            });
            if let Some(byte) = foreign {
                return Err(format!(
                    "a text of a file with the tag {:#x} has {byte:#x}: {}",
                    file.tag,
                    bytes.escape_ascii()
                ));
            }
        }
        Ok(())
    }

    pub(super) fn list(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let whole = lunatik_script::default().bytes().len();
        let stride = random.weighted(&[
            (6, whole),
            (2, 8),
            (2, 200),
            (1, 1),
            (1, 0),
            (1, 4096),
            (1, 4097),
            (1, usize::MAX),
        ]);
        let room = random.pick(&[0, 1, 2, 8, 40]);
        let known = stride.min(4096) * room;
        let room = if known > 20_000 { 2 } else { room };
        let rows = self
            .arena
            .place(random, &vec![0xEE; stride.min(4096) * room]);
        let list = lunatik_list {
            scripts: rows.address,
            room: room as u32,
            stride: stride as u32,
            count: random.next() as u32,
            reserved: u32::from(random.one_in(40)),
        };
        let bytes = Self::spoil(random, &list);
        let taken = lunatik_list::of(&bytes);
        let is_known = taken.room == 0
            || (taken.scripts, taken.room, taken.stride) == (list.scripts, list.room, list.stride);
        let (place, answer) = self.control(index, random, 3, &bytes);
        if answer.is_ok() && is_known && place.is_good() {
            let count = lunatik_list::of(self.arena.get(place.range())).count;
            // Of a structure without a count, as many as there is room for.
            let count = if bytes.len() < 20 {
                taken.room
            } else {
                count.min(taken.room)
            };
            let size = count as usize * taken.stride as usize;
            self.arena.check(&[place.part(16..20), rows.first(size)])?;
            if taken.stride as usize >= whole && bytes.len() >= 20 && rows.is_good() {
                let rows = self.arena.get(rows.first(size)).to_vec();
                self.check_rows(&rows, taken.stride as usize)?;
            }
        } else if answer.is_err_and(|error| error != libc::EFAULT) {
            self.arena.check(&[])?;
        }
        self.note(Kind::List, answer, &[LIST])
    }

    fn check_rows(&self, rows: &[u8], stride: usize) -> Result<()> {
        let whole = lunatik_script::default().bytes().len();
        let all = ((abi::LUNATIK_RUN_JSON << 1) - 1) | abi::LUNATIK_SCRIPT_IDLE;
        let mut before = Vec::new();
        for row in rows.chunks(stride) {
            let script = lunatik_script::of(row);
            let wrong = if script.id == 0 || before.contains(&script.id) {
                "the number"
            } else if script.state >= self.settings.info.states
                && script.state != abi::LUNATIK_STATE_NONE
            {
                "the state"
            } else if script.flags & !all != 0 {
                "the flags"
            } else if self.user != 0 && script.uid != self.user {
                "the user"
            } else if script.name.last() != Some(&0) {
                "the name"
            } else if row[whole..].iter().any(|&byte| byte != 0) {
                "what the module does not know"
            } else {
                ""
            };
            if !wrong.is_empty() {
                return Err(format!(
                    "{wrong} of a script cannot be: id {}, state {:#x}, flags {:#x}, uid {}",
                    script.id, script.state, script.flags, script.uid
                ));
            }
            before.push(script.id);
        }
        Ok(())
    }

    pub(super) fn kill(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let own = self.files[index].map_or(0, |file| file.id);
        let id = match random.below(8) {
            0 | 1 => own,
            2 | 3 => 0,
            // Somebody has it, or had it a moment ago.
            4..=6 => (self.board.newest.load(Relaxed)).saturating_sub(random.below(5) as u64),
            _ => random.next(),
        };
        let bytes = Self::spoil(random, &lunatik_kill { id });
        let (_, answer) = self.control(index, random, 4, &bytes);
        self.arena.check(&[])?;
        self.note(Kind::Kill, answer, &[KILL])
    }

    pub(super) fn other_ioctl(&mut self, index: usize, random: &mut Random) -> Result<()> {
        let size = random.pick(&[0, 1, 8, 100, 104, 1000, 16383]);
        let mut bytes = vec![0; size];
        if random.one_in(2) {
            random.fill(&mut bytes);
        }
        let place = self.arena.place(random, &bytes);
        let ours = random.one_in(2);
        let command = match ours {
            true => command(5 + random.below(251) as u32, size),
            false => random.pick(&[
                libc::FIONREAD,
                libc::FIONBIO,
                libc::FIOCLEX,
                libc::FIONCLEX,
                libc::FIOASYNC,
                libc::TCGETS,
                0,
                0xffff_ffff,
                // The same numbers, of another device.
                command(0, 248) ^ 0x100,
                command(1, 80) ^ 0x100,
            ]),
        };
        let number = self.number(index);
        let answer = self
            .arena
            .call(|| device::ioctl(number, command, place.address));
        if ours && answer.is_ok() {
            return Err(format!("there is no ioctl {command:#x}"));
        }
        if ours {
            self.arena.check(&[])?;
            return self.note(Kind::OtherIoctl, answer, &[&[libc::ENOTTY]]);
        }
        self.arena.check(&[place.range()])?;
        let allowed: Errors = &[libc::ENOTTY, libc::EFAULT, libc::EINVAL];
        self.note(Kind::OtherIoctl, answer, &[allowed])
    }
}
