// SPDX-License-Identifier: GPL-2.0
//! What a script may use up, and the end of one that wants more: `kmod/limits.rs`
//! of the host, without a clock.

use std::cell::{
    Cell,
    RefCell, //
};
use std::ffi::{
    CStr,
    c_int,
    c_long, //
};
use std::time::Duration;

use crate::Run;
use crate::sys::cpu_time;

/// Instructions between two looks at the limits, as in the module.
const SLICE: u64 = 1024;

/// Why a script was ended: `LUNATIK_STATUS_*` of the module's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Ending {
    Instructions = 4,
    Memory = 6,
    Output = 7,
}

/// Which of a state's requests for memory are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// This one, counted from 0.
    Once(u64),
    /// This one and all that follow.
    From(u64),
}

/// What a script has used up.
///
/// `struct lunatik_run` in `kmod/lua/lunatik_conf.h` is the beginning of it.
#[repr(C)]
pub struct Meter {
    /// Below zero once the script is ended.
    fuel: Cell<c_long>,
    ending: Cell<c_int>,
    /// Fuel that there was in all, what is left of it included.
    granted: Cell<u64>,
    why: Cell<Option<Ending>>,
    limits: Run,
    used: Cell<usize>,
    peak: Cell<usize>,
    requests: Cell<u64>,
    /// Whether the last thing that happened was that the limit was in the way.
    over: Cell<bool>,
    message: RefCell<Vec<u8>>,
    looks: Cell<u64>,
    /// The CPU time at the last of them, and the longest between two.
    looked: Cell<Duration>,
    unseen: Cell<Duration>,
}

impl Meter {
    pub fn new(limits: Run) -> Self {
        let meter = Self {
            fuel: Cell::new(0),
            ending: Cell::new(0),
            why: Cell::new(None),
            limits,
            granted: Cell::new(0),
            used: Cell::new(0),
            peak: Cell::new(0),
            requests: Cell::new(0),
            over: Cell::new(false),
            message: RefCell::default(),
            looks: Cell::new(0),
            looked: Cell::new(cpu_time()),
            unseen: Cell::default(),
        };
        meter.grant();
        meter
    }

    /// Instructions that were run.
    pub fn instructions(&self) -> u64 {
        self.granted.get().wrapping_sub(self.fuel.get() as u64)
    }

    /// How often it was asked whether the script is to end.
    pub fn looks(&self) -> u64 {
        self.looks.get()
    }

    /// Notes for how long nobody has asked that.
    pub fn look(&self) {
        let now = cpu_time();
        let unseen = now.saturating_sub(self.looked.replace(now));
        self.unseen.set(self.unseen.get().max(unseen));
    }

    /// The longest CPU time between two such questions.
    pub fn unseen(&self) -> Duration {
        self.unseen.get()
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.used.get()
    }

    /// The most bytes that were in use at a time.
    pub fn peak(&self) -> usize {
        self.peak.get()
    }

    /// Why the script was ended, if it was, and what there is to say of it.
    pub fn ending(&self) -> Option<(Ending, String)> {
        let text = String::from_utf8_lossy(&self.message.borrow()).into_owned();
        self.why.get().map(|why| (why, text))
    }

    fn grant(&self) {
        let used = self.instructions();
        let left = SLICE.min(self.limits.instructions.saturating_sub(used));
        self.granted.set(used + left);
        self.fuel.set(left as c_long);
    }

    /// Refills, or says why the script must end.
    pub fn refuel(&self) -> Option<Ending> {
        self.looks.set(self.looks.get() + 1);
        self.look();
        if self.why.get().is_none() {
            if self.instructions() >= self.limits.instructions {
                return Some(Ending::Instructions);
            }
            self.grant();
        }
        self.why.get()
    }

    /// Says why a script must end that got no memory, if it must.
    pub fn refused(&self) -> Option<Ending> {
        self.why.get().or(self.over.get().then_some(Ending::Memory))
    }

    /// Notes that the script is ended.
    pub fn end(&self, ending: c_int, source: Option<&CStr>, line: c_int) {
        let all = [Ending::Instructions, Ending::Memory, Ending::Output];
        let found = all.into_iter().find(|one| *one as c_int == ending);
        let why = found.expect("an ending of refuel's or refused's");
        let instructions = self.instructions();
        self.ending.set(ending);
        self.why.set(Some(why));
        // From here on each checkpoint comes to `refuel`.
        self.fuel.set(-1);
        self.granted.set(instructions.wrapping_sub(1));
        if let Some(source) = source {
            self.tell(source.to_bytes());
            self.tell(format!(":{line}: ").as_bytes());
        }
        let text = match why {
            Ending::Instructions => {
                format!("instruction-limit of {} exceeded", self.limits.instructions)
            }
            Ending::Memory => format!("memory-limit of {} bytes exceeded", self.limits.memory),
            Ending::Output => format!("output-limit of {} bytes exceeded", self.limits.output),
        };
        self.tell(text.as_bytes());
    }

    /// Adds to what there is to say of the end.
    pub fn tell(&self, text: &[u8]) {
        self.message.borrow_mut().extend_from_slice(text);
    }

    /// Counts work on so many bytes.
    pub fn burn(&self, bytes: usize) {
        let units = (bytes >> 8) as c_long;
        self.fuel.set(self.fuel.get().saturating_sub(units));
    }

    /// Takes `bytes` if so many are left.
    pub fn charge(&self, bytes: usize) -> bool {
        let number = self.requests.replace(self.requests.get() + 1);
        let fails = match self.limits.failing {
            Some(Failing::Once(at)) => number == at,
            Some(Failing::From(at)) => number >= at,
            None => false,
        };
        let used = self.used.get().saturating_add(bytes);
        self.over.set(!fails && used > self.limits.memory);
        if fails || self.over.get() {
            return false;
        }
        self.used.set(used);
        self.peak.set(self.peak.get().max(used));
        true
    }

    /// Gives back `bytes` that were taken.
    pub fn uncharge(&self, bytes: usize) {
        self.used.set(self.used.get() - bytes);
    }
}
