// SPDX-License-Identifier: GPL-2.0
//! `top`: what runs, again and again, those that do most first.
//!
//! What a screen shows is worked out by [`Looks`] from what the device lists; the rest is the terminal.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{
    self,
    IsTerminal as _,
    Write as _, //
};
use std::os::fd::AsFd as _;
use std::time::{
    Duration,
    Instant, //
};

use rustix::event::{
    PollFd,
    PollFlags,
    Timespec,
    poll, //
};
use rustix::termios::{
    self,
    LocalModes,
    OptionalActions,
    Termios, //
};

use crate::abi::lunatik_script;
use crate::device::{
    self,
    Access,
    Device, //
};
use crate::error::Result;
use crate::failed;
use crate::format;
use crate::interrupt::Interrupts;
use crate::run;
use crate::scripts::{
    is_idle,
    table,
    waits, //
};

/// Shows the scripts until a key or `count` ends it. Without a terminal it prints one look after the other.
pub fn top(device: &OsStr, interval: Duration, count: Option<u64>) -> Result<()> {
    let device = Device::open(device, Access::Look)?;
    let mut looks = Looks::new(&device);
    if !io::stdout().is_terminal() {
        return print(&device, &mut looks, interval, count);
    }
    let signals = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGWINCH];
    let interrupts = Interrupts::catch(&signals)
        .map_err(|error| failed!("signals cannot be caught: {error}"))?;
    let screen = Screen::open().map_err(|error| failed!("the terminal: {error}"))?;
    let mut shown = 0;
    let mut next = Instant::now();
    let mut lines = Vec::new();
    loop {
        if next <= Instant::now() {
            if count == Some(shown) {
                return Ok(());
            }
            lines = looks.look(device.list()?, Instant::now());
            shown += 1;
            next = Instant::now() + interval;
        }
        screen
            .show(&lines)
            .map_err(|error| failed!("the terminal: {error}"))?;
        match wait(&interrupts, next.saturating_duration_since(Instant::now()))? {
            Event::Look => {}
            Event::Leave => return Ok(()),
        }
    }
}

fn print(device: &Device, looks: &mut Looks, interval: Duration, count: Option<u64>) -> Result<()> {
    let mut shown = 0;
    while count != Some(shown) {
        if shown > 0 {
            std::thread::sleep(interval);
            run::print(b"\n")?;
        }
        let lines = looks.look(device.list()?, Instant::now());
        run::print(format!("{}\n", lines.join("\n")).as_bytes())?;
        shown += 1;
    }
    Ok(())
}

/// What was seen last, to tell how fast instructions go by.
struct Looks {
    device: String,
    states: u32,
    last: Option<Instant>,
    instructions: HashMap<u64, u64>,
}

impl Looks {
    fn new(device: &Device) -> Self {
        let info = device.info();
        Self {
            device: format::printable(device::text(&info.device)),
            states: info.states,
            last: None,
            instructions: HashMap::new(),
        }
    }

    /// The lines to show for `scripts`, which were listed `now`.
    fn look(&mut self, mut scripts: Vec<lunatik_script>, now: Instant) -> Vec<String> {
        let passed = self.last.map(|last| now.duration_since(last));
        let rate = |script: &lunatik_script| {
            let before = self.instructions.get(&script.id)?;
            let done = u128::from(script.instructions.saturating_sub(*before));
            let rate = (done * 1_000_000_000).checked_div(passed?.as_nanos())?;
            u64::try_from(rate).ok()
        };
        // Most first; of those that do the same, the older ones.
        scripts.sort_by_key(|script| (std::cmp::Reverse(rate(script)), script.id));
        let rates = |script: &_| rate(script).map_or("-".into(), format::count);
        let mut lines = vec![self.summary(&scripts), String::new()];
        lines.extend(table(&scripts, Some(&rates)));
        self.last = Some(now);
        self.instructions = scripts
            .iter()
            .map(|script| (script.id, script.instructions))
            .collect();
        lines
    }

    fn summary(&self, scripts: &[lunatik_script]) -> String {
        let waiting = scripts.iter().filter(|script| waits(script)).count();
        let idle = scripts.iter().filter(|script| is_idle(script)).count();
        let running = scripts.len() - waiting - idle;
        let memory = scripts.iter().map(|script| script.memory).sum();
        format!(
            "{}: {running} of {} states run, {idle} kept idle, {waiting} waiting, {} of memory",
            self.device,
            self.states,
            format::size(memory)
        )
    }
}

enum Event {
    /// Look whether it is time, or the screen another.
    Look,
    Leave,
}

/// Waits for a key, a signal, or until the time is over.
fn wait(interrupts: &Interrupts, time: Duration) -> Result<Event> {
    let stdin = io::stdin();
    let stdin = stdin.as_fd();
    let mut both = [
        PollFd::new(&stdin, PollFlags::IN),
        PollFd::new(interrupts, PollFlags::IN),
    ];
    let start = Instant::now();
    loop {
        let left = time.saturating_sub(start.elapsed());
        let left = Timespec {
            tv_sec: left.as_secs() as i64,
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        match poll(&mut both, Some(&left)) {
            Ok(0) => return Ok(Event::Look),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(failed!("poll: {error}")),
        }
        let [key, _] = both.each_ref().map(PollFd::revents);
        let signals = interrupts.take();
        if signals.iter().any(|signal| *signal != libc::SIGWINCH) {
            return Ok(Event::Leave);
        }
        if key.is_empty() {
            return Ok(Event::Look);
        }
        let mut keys = [0; 64];
        match rustix::io::read(stdin, &mut keys) {
            // The terminal is gone.
            Ok(0) | Err(_) => return Ok(Event::Leave),
            Ok(length) if leaves(&keys[..length]) => return Ok(Event::Leave),
            // Other keys mean nothing.
            Ok(_) => {}
        }
    }
}

/// Whether what was typed means to leave: q, Q, or Escape by itself, with which other keys only begin.
fn leaves(keys: &[u8]) -> bool {
    match keys {
        [0x1b] => true,
        [0x1b, ..] => false,
        keys => keys.iter().any(|key| matches!(key, b'q' | b'Q')),
    }
}

/// The terminal while it is ours; dropping it gives it back as it was.
struct Screen {
    saved: Option<Termios>,
}

impl Screen {
    fn open() -> io::Result<Self> {
        let stdin = io::stdin();
        let mut saved = None;
        if stdin.is_terminal() {
            let before = termios::tcgetattr(&stdin)?;
            let mut ours = before.clone();
            // Keys come at once and unseen. Ctrl-C stays the signal that it is.
            ours.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            termios::tcsetattr(&stdin, OptionalActions::Now, &ours)?;
            saved = Some(before);
        }
        // From here on, dropping it undoes what was done.
        let screen = Self { saved };
        // The other screen, no cursor, lines that end at the edge.
        put("\x1b[?1049h\x1b[?25l\x1b[?7l")?;
        Ok(screen)
    }

    fn show(&self, lines: &[String]) -> io::Result<()> {
        put(&frame(lines, size()))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // If the terminal is gone, there is nothing to give back.
        let _ = put("\x1b[?7h\x1b[?25h\x1b[?1049l");
        if let Some(saved) = &self.saved {
            let _ = termios::tcsetattr(io::stdin(), OptionalActions::Flush, saved);
        }
    }
}

fn put(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Columns and rows of the terminal.
fn size() -> (usize, usize) {
    let size = termios::tcgetwinsize(io::stdout()).ok();
    size.filter(|size| size.ws_col > 0 && size.ws_row > 0)
        .map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()))
}

/// What draws the lines on a screen of that many columns and rows: the third one, the heading, in reverse.
fn frame(lines: &[String], (columns, rows): (usize, usize)) -> String {
    let mut frame = String::from("\x1b[H");
    for (number, line) in lines.iter().take(rows).enumerate() {
        let line = format::cut(line, columns);
        if number > 0 {
            frame.push_str("\r\n");
        }
        match number {
            2 => frame.push_str(&format!("\x1b[7m{line:<columns$}\x1b[m")),
            _ => frame.push_str(&format!("{line}\x1b[K")),
        }
    }
    frame.push_str("\x1b[J");
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi;
    use crate::scripts::tests::script;

    fn looks() -> Looks {
        Looks {
            device: "luadrv".into(),
            states: 4,
            last: None,
            instructions: HashMap::new(),
        }
    }

    #[test]
    fn those_that_do_most_come_first() {
        let mut looks = looks();
        let start = Instant::now();
        let first = looks.look(
            vec![
                script(1, 0, 5_000_000, b"slow.lua"),
                script(2, 1, 0, b"fast.lua"),
            ],
            start,
        );
        assert_eq!(
            first,
            [
                "luadrv: 2 of 4 states run, 0 kept idle, 0 waiting, 28.5K of memory",
                "",
                "  ID  STATE     PID    UID      AGE  INSTR  INSTR/s  MEMORY  SCRIPT",
                "   1  0        1234   1000    1m05s   5.0M        -   14.2K  slow.lua",
                "   2  1        1234   1000    1m05s      0        -   14.2K  fast.lua",
            ]
        );
        let mut idle = script(3, 2, 7, b"repl");
        idle.flags = abi::LUNATIK_SCRIPT_IDLE;
        let second = looks.look(
            vec![
                idle,
                script(1, 0, 5_000_100, b"slow.lua"),
                script(2, 1, 8_000_000, b"fast.lua"),
                script(4, abi::LUNATIK_STATE_NONE, 0, b"later.lua"),
            ],
            start + Duration::from_millis(500),
        );
        assert_eq!(
            second[0],
            "luadrv: 2 of 4 states run, 1 kept idle, 1 waiting, 57.1K of memory"
        );
        assert_eq!(
            second[3..],
            [
                "   2  1        1234   1000    1m05s   8.0M    16.0M   14.2K  fast.lua",
                "   1  0        1234   1000    1m05s   5.0M      200   14.2K  slow.lua",
                "   3  2 idle   1234   1000    1m05s      7        -   14.2K  repl",
                "   4  wait     1234   1000    1m05s      0        -   14.2K  later.lua",
            ]
        );
    }

    #[test]
    fn a_frame_stays_on_the_screen() {
        let mut looks = looks();
        let scripts = (1..100)
            .map(|id| script(id, 0, u64::MAX, &[b'x'; 63]))
            .collect();
        let lines = looks.look(scripts, Instant::now());
        let frame = frame(&lines, (80, 24));
        let plain = frame
            .replace("\x1b[H", "")
            .replace("\x1b[K", "")
            .replace("\x1b[7m", "")
            .replace("\x1b[m", "")
            .replace("\x1b[J", "");
        let shown: Vec<&str> = plain.split("\r\n").collect();
        assert_eq!(shown.len(), 24);
        assert!(
            shown.iter().all(|line| line.chars().count() <= 80),
            "{plain}"
        );
        assert!(!plain.contains('\x1b'));
        assert_eq!(shown[2].len(), 80);
    }

    #[test]
    fn the_keys_that_leave() {
        assert!(leaves(b"q") && leaves(b"xQ") && leaves(b"\x1b"));
        assert!(!leaves(b"x") && !leaves(b"\x1b[A"));
    }
}
