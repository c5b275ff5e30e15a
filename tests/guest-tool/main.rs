// SPDX-License-Identifier: GPL-2.0

//! What a shell cannot do with an open device, for the tests in the machine: its ioctls, poll, and
//! calls at the same time. Built static, without any library but Rust's own, by `machine.rs`.
//!
//! Reads commands from standard input, one a line, and prints what comes of each. Words are apart by
//! blanks; `\n`, `\s` and `\0` in one are a newline, a blank and a zero byte. A file is named by a
//! number of the script's own choosing, from 0.
//!
//! ```text
//! open FILE PATH [r|w|rw] [nonblock]    a failure prints the name of the error, and so below
//! write FILE TEXT...                    text with single blanks between the words
//! script FILE PATH                      writes what the file PATH holds
//! read FILE [SIZE]                      prints what was read, escaped, in brackets
//! cat FILE                              reads to the end, and prints it as it is
//! poll FILE MILLISECONDS                prints IN, OUT, HUP, or nothing
//! hup FILE                              waits until poll says HUP
//! close FILE
//! dup FILE FILE
//! info FILE
//! run FILE [WORD...]                    check keep detach values json named name=N arg=V argc=N size=N bad-flag
//!                                       an argument V is nil, true, false, an integer, or s:TEXT
//! result FILE [room=N]
//! list FILE [stride=N] [room=N]
//! scripts FILE [stride=N] [room=N]      those that the module contains
//! settle [waits=N]                      looks at file 0's list until there is none, or N wait for a state
//! sleepers FILE N                       looks until N threads sleep in calls on FILE
//! kill FILE ID
//! ioctl FILE NUMBER SIZE [BYTE]         any ioctl of the device, with SIZE bytes of BYTE
//! spawn LINE                            the command LINE in a thread; `join` waits for all
//! join
//! fork LINE                             the same in a process of its own
//! interrupt FILE LINE                   the command LINE, with a signal once it sleeps in a call on FILE
//! uid N                                 becomes that user, without any capability
//! as N LINE                             the command LINE in a process that is that user
//! quiet LINE                            the command LINE; what it says is not printed, but for an error
//! echo TEXT
//! show PATH                             what the file PATH holds
//! ```
//!
//! None waits for a time. What does not come within [`DEADLINE`] is an error.

use std::{
    ffi::{CString, c_char, c_int, c_long, c_ulong, c_void},
    fmt::Write as _,
    io::{self, BufRead, Write as _},
    path::Path,
    ptr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

unsafe extern "C" {
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn close(file: c_int) -> c_int;
    fn dup(file: c_int) -> c_int;
    fn read(file: c_int, to: *mut c_void, size: usize) -> isize;
    fn write(file: c_int, from: *const c_void, size: usize) -> isize;
    fn ioctl(file: c_int, command: c_ulong, ...) -> c_int;
    fn poll(files: *mut PollFile, count: c_ulong, timeout: c_int) -> c_int;
    fn fork() -> c_int;
    fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn _exit(status: c_int) -> !;
    fn setuid(user: u32) -> c_int;
    fn sigaction(signal: c_int, new: *const SigAction, old: *mut SigAction) -> c_int;
    fn gettid() -> c_int;
    fn pthread_self() -> c_ulong;
    fn pthread_kill(thread: c_ulong, signal: c_int) -> c_int;
    fn __errno_location() -> *mut c_int;
}

#[repr(C)]
struct PollFile {
    file: c_int,
    events: i16,
    happened: i16,
}

/// glibc's.
#[repr(C)]
struct SigAction {
    handler: extern "C" fn(c_int),
    mask: [c_ulong; 16],
    flags: c_int,
    restorer: usize,
}

extern "C" fn nothing(_: c_int) {}

const MAGIC: c_ulong = 0xBC;
const READ_WRITE: c_ulong = 3;

fn number(nr: c_ulong, size: usize) -> c_ulong {
    READ_WRITE << 30 | (size as c_ulong) << 16 | MAGIC << 8 | nr
}

const FILES: usize = 16;
static OPEN: Mutex<[c_int; FILES]> = Mutex::new([-1; FILES]);

fn file(word: &str) -> c_int {
    OPEN.lock().unwrap()[word.parse::<usize>().expect("a file's number")]
}

type Said = Result<String, String>;

/// The result of a call of libc, or the name of the error.
fn check(result: c_long) -> Result<usize, String> {
    if result >= 0 {
        return Ok(result as usize);
    }
    // SAFETY: It is this thread's own.
    let error = unsafe { *__errno_location() };
    let known = [
        (1, "EPERM"),
        (3, "ESRCH"),
        (4, "EINTR"),
        (7, "E2BIG"),
        (8, "ENOEXEC"),
        (9, "EBADF"),
        (11, "EAGAIN"),
        (12, "ENOMEM"),
        (13, "EACCES"),
        (14, "EFAULT"),
        (16, "EBUSY"),
        (22, "EINVAL"),
        (25, "ENOTTY"),
        (27, "EFBIG"),
        (36, "ENAMETOOLONG"),
        (61, "ENODATA"),
        (125, "ECANCELED"),
    ];
    let name = known.iter().find(|(number, _)| *number == error);
    Err(name.map_or(format!("error {error}"), |(_, name)| (*name).to_owned()))
}

fn control(word: &str, nr: c_ulong, bytes: &mut [u8]) -> Result<usize, String> {
    // SAFETY: So many bytes are there.
    check(c_long::from(unsafe {
        ioctl(file(word), number(nr, bytes.len()), bytes.as_mut_ptr())
    }))
}

fn put(bytes: &mut [u8], at: usize, value: u64, size: usize) {
    bytes[at..at + size].copy_from_slice(&value.to_ne_bytes()[..size]);
}

fn get(bytes: &[u8], at: usize, size: usize) -> u64 {
    let mut value = [0; 8];
    value[..size].copy_from_slice(&bytes[at..at + size]);
    u64::from_ne_bytes(value)
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0);
    String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
}

fn unescape(word: &str) -> Vec<u8> {
    let word = word.replace("\\n", "\n").replace("\\s", " ");
    word.replace("\\0", "\0")
        .replace("\\xff", "\u{ff}")
        .chars()
        .fold(Vec::new(), |mut all, c| {
            match c {
                '\u{ff}' => all.push(0xff),
                c => all.extend(c.to_string().bytes()),
            }
            all
        })
}

fn setting<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words
        .iter()
        .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

fn number_of(words: &[&str], name: &str, default: u64) -> u64 {
    setting(words, name).map_or(default, |word| word.parse().expect("a number"))
}

fn write_all(word: &str, bytes: &[u8]) -> Said {
    let mut done = 0;
    while done < bytes.len() {
        let rest = &bytes[done..];
        // SAFETY: So many bytes are there.
        done += check(unsafe { write(file(word), rest.as_ptr().cast(), rest.len()) } as c_long)?;
    }
    Ok(String::new())
}

fn read_some(word: &str, size: usize) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; size];
    // SAFETY: So many bytes may be written.
    let got = check(unsafe { read(file(word), bytes.as_mut_ptr().cast(), size) } as c_long)?;
    bytes.truncate(got);
    Ok(bytes)
}

/// A record of `struct lunatik_value`.
fn record(value: &str) -> Vec<u8> {
    let (kind, bytes) = match value {
        "nil" => (0, vec![]),
        "false" => (1, vec![0]),
        "true" => (1, vec![1]),
        _ => match (value.strip_prefix("s:"), value.strip_prefix("raw:")) {
            (Some(text), _) => (3, unescape(text)),
            // TYPE,SIZE and as many bytes of 7.
            (_, Some(raw)) => {
                let (kind, size) = raw.split_once(',').expect("raw:TYPE,SIZE");
                let size = size.parse().expect("a size");
                (kind.parse().expect("a type"), vec![7; size])
            }
            _ => (
                2,
                value
                    .parse::<i64>()
                    .expect("an integer")
                    .to_ne_bytes()
                    .to_vec(),
            ),
        },
    };
    let mut record = u32::to_ne_bytes(kind).to_vec();
    record.extend((bytes.len() as u32).to_ne_bytes());
    record.extend(bytes);
    record.resize(record.len().next_multiple_of(8), 0);
    record
}

fn run(words: &[&str]) -> Said {
    let mut structure = vec![0; number_of(words, "struct", 80) as usize];
    let mut whole = vec![0; 80.max(structure.len())];
    let mut flags = 0;
    let mut args: Vec<u8> = Vec::new();
    let mut count = 0;
    for word in &words[1..] {
        match *word {
            "check" => flags |= 1,
            "keep" => flags |= 2,
            "detach" => flags |= 4,
            "values" => flags |= 8,
            "json" => flags |= 16,
            "named" => flags |= 32,
            "bad-flag" => flags |= 1 << 20,
            "bad-gap" => *args.last_mut().expect("an argument") = 1,
            word => {
                if let Some(value) = word.strip_prefix("arg=") {
                    args.extend(record(value));
                    count += 1;
                }
            }
        }
    }
    let name = setting(words, "name").map(unescape).unwrap_or_default();
    put(&mut whole, 0, flags, 4);
    put(&mut whole, 4, number_of(words, "argc", count), 4);
    put(
        &mut whole,
        8,
        number_of(words, "args", args.as_ptr() as u64),
        8,
    );
    put(
        &mut whole,
        16,
        number_of(words, "size", args.len() as u64),
        8,
    );
    put(&mut whole, 24, name.as_ptr() as u64, 8);
    put(
        &mut whole,
        32,
        number_of(words, "name-size", name.len() as u64),
        8,
    );
    put(&mut whole, 40, number_of(words, "instructions", 0), 8);
    put(&mut whole, 48, number_of(words, "time", 0), 8);
    put(&mut whole, 56, number_of(words, "memory", 0), 8);
    put(&mut whole, 64, number_of(words, "output", 0), 8);
    if let Some(last) = setting(words, "last") {
        *whole.last_mut().unwrap() = last.parse().expect("a byte");
    }
    let size = structure.len();
    structure.copy_from_slice(&whole[..size]);
    control(words[0], 1, &mut structure)?;
    if size < 80 {
        return Ok("started".to_owned());
    }
    assert!(structure[80..].iter().all(|&byte| byte == 0));
    Ok(format!("id {}", get(&structure, 72, 8)))
}

fn result(words: &[&str]) -> Said {
    let room = number_of(words, "room", 1 << 20);
    let mut texts = vec![vec![0_u8; room as usize]; 3];
    let size = number_of(words, "struct", 104) as usize;
    let mut bytes = vec![0; size.max(104)];
    for (index, text) in texts.iter_mut().enumerate() {
        put(&mut bytes, 56 + index * 16, text.as_mut_ptr() as u64, 8);
        put(&mut bytes, 64 + index * 16, room, 8);
    }
    control(words[0], 2, &mut bytes[..size])?;
    assert!(bytes[104..].iter().all(|&byte| byte == 0));
    let names = [
        "ok",
        "syntax",
        "error",
        "no-memory",
        "instruction-limit",
        "time-limit",
        "memory-limit",
        "output-limit",
        "killed",
        "unloaded",
    ];
    let mut said = names[get(&bytes, 0, 4) as usize].to_owned();
    let _ = write!(
        said,
        " id={} output={}",
        get(&bytes, 8, 8),
        get(&bytes, 32, 8)
    );
    if words.contains(&"numbers") {
        let (instructions, memory) = (get(&bytes, 16, 8), get(&bytes, 24, 8));
        let (cpu, wall) = (get(&bytes, 40, 8), get(&bytes, 48, 8));
        let _ = write!(
            said,
            " instructions={instructions} memory={memory} cpu={cpu} wall={wall}"
        );
    }
    for (index, name) in ["error", "values", "json"].into_iter().enumerate() {
        let size = get(&bytes, 64 + index * 16, 8);
        if size > 0 {
            let text = &texts[index][..size.min(room) as usize];
            let text = String::from_utf8_lossy(text);
            let _ = write!(said, "\n{name}({size}): {}", text.replace('\n', "\\n"));
        }
    }
    Ok(said)
}

fn list(words: &[&str]) -> Said {
    let stride = number_of(words, "stride", 112) as usize;
    let room = number_of(words, "room", 64);
    let mut rows = vec![0xEE_u8; stride * room.min(4096) as usize];
    let mut bytes = vec![0; 24];
    put(
        &mut bytes,
        0,
        number_of(words, "at", rows.as_mut_ptr() as u64),
        8,
    );
    put(&mut bytes, 8, room, 4);
    put(&mut bytes, 12, stride as u64, 4);
    control(words[0], 3, &mut bytes)?;
    let count = get(&bytes, 16, 4);
    let mut said = format!("{count} scripts");
    for row in rows.chunks(stride.max(1)).take(count.min(room) as usize) {
        if stride < 112 {
            let _ = write!(said, "\nid={}", get(row, 0, 8));
            continue;
        }
        assert!(row[112..].iter().all(|&byte| byte == 0));
        let state = match (get(row, 8, 4), get(row, 20, 4) >> 31) {
            (0xffff_ffff, _) => "waits",
            (_, 1) => "idle",
            _ => "runs",
        };
        let mine = get(row, 12, 4) == u64::from(std::process::id());
        let _ = write!(
            said,
            "\nid={} {} mine={mine} uid={} flags={:#x} name={}",
            get(row, 0, 8),
            state,
            get(row, 16, 4),
            get(row, 20, 4),
            text(&row[48..112]),
        );
        if words.contains(&"numbers") {
            let _ = write!(said, " instructions={}", get(row, 32, 8));
            let _ = write!(said, " memory={} age={}", get(row, 40, 8), get(row, 24, 8));
        }
    }
    Ok(said)
}

fn scripts(words: &[&str]) -> Said {
    let stride = number_of(words, "stride", 72) as usize;
    let room = number_of(words, "room", 64);
    let mut rows = vec![0xEE_u8; stride * room as usize];
    let mut bytes = vec![0; 24];
    put(&mut bytes, 0, rows.as_mut_ptr() as u64, 8);
    put(&mut bytes, 8, room, 4);
    put(&mut bytes, 12, stride as u64, 4);
    control(words[0], 5, &mut bytes)?;
    let count = get(&bytes, 16, 4);
    let mut said = format!("{count} scripts");
    for row in rows.chunks(stride.max(1)).take(count.min(room) as usize) {
        assert!(stride < 72 || (get(row, 4, 4) > 0 && row[72..].iter().all(|&byte| byte == 0)));
        let _ = write!(said, "\n{} flags={:#x}", text(&row[8..]), get(row, 0, 4));
    }
    Ok(said)
}

fn info(words: &[&str]) -> Said {
    let mut bytes = vec![0xEE; number_of(words, "struct", 256) as usize];
    control(words[0], 0, &mut bytes)?;
    if bytes.len() < 256 {
        return Ok(format!("abi={}", get(&bytes, 0, 4)));
    }
    assert!(bytes[252..].iter().all(|&byte| byte == 0));
    Ok(format!(
        "abi={} flags={:#x} states={} tables={} scripts={} script={} memory={} module={} device={} version={}",
        get(&bytes, 0, 4),
        get(&bytes, 12, 4),
        get(&bytes, 4, 4),
        get(&bytes, 8, 4),
        get(&bytes, 248, 4),
        get(&bytes, 16, 8),
        get(&bytes, 40, 8),
        text(&bytes[56..120]),
        text(&bytes[120..184]),
        text(&bytes[184..248]),
    ))
}

/// Between two looks at something that is to come.
const LOOK: Duration = Duration::from_millis(5);
/// Longer than anything takes on the slowest of the machine's kernels.
const DEADLINE: Duration = Duration::from_secs(300);

/// Looks again and again until it has come.
fn look_until(mut has_come: impl FnMut() -> Result<bool, String>) -> Said {
    let start = Instant::now();
    while !has_come()? {
        if start.elapsed() > DEADLINE {
            return Err("it did not come".to_owned());
        }
        thread::sleep(LOOK);
    }
    Ok(String::new())
}

/// The threads of this process that sleep in a call whose first argument is `file`, by their numbers.
fn sleepers(file: c_int) -> Vec<c_int> {
    let threads = std::fs::read_dir("/proc/self/task").expect("/proc");
    let sleeps = |thread: &Path| {
        // The number of the call and its arguments, or "running".
        let call = std::fs::read_to_string(thread.join("syscall")).unwrap_or_default();
        call.split_whitespace().nth(1) == Some(&format!("{file:#x}"))
    };
    threads
        .filter_map(|thread| Some(thread.ok()?.path()))
        .filter(|thread| sleeps(thread))
        .filter_map(|thread| thread.file_name()?.to_str()?.parse().ok())
        .collect()
}

fn in_process(line: &str, user: Option<u32>) -> c_int {
    io::stdout().flush().unwrap();
    // SAFETY: No other thread matters to what the child does.
    let child = unsafe { fork() };
    if child == 0 {
        if let Some(user) = user {
            // SAFETY: Always.
            assert_eq!(unsafe { setuid(user) }, 0);
        }
        print!("{}", say(line));
        io::stdout().flush().unwrap();
        // SAFETY: Always.
        unsafe { _exit(0) };
    }
    child
}

fn wait(child: c_int) {
    // SAFETY: No status is wanted.
    unsafe { waitpid(child, ptr::null_mut(), 0) };
}

fn command(line: &str) -> Said {
    let words: Vec<&str> = line.split_whitespace().collect();
    let rest = |count: usize| line.splitn(count + 1, ' ').nth(count).unwrap_or("");
    match *words.first().unwrap_or(&"") {
        "open" => {
            let path = CString::new(words[2]).unwrap();
            let mut flags = match words.get(3) {
                Some(&"r") => 0,
                Some(&"w") => 1,
                _ => 2,
            };
            if words.contains(&"nonblock") {
                flags |= 0o4000;
            }
            // SAFETY: A string of C's.
            let file = check(c_long::from(unsafe { open(path.as_ptr(), flags) }))?;
            OPEN.lock().unwrap()[words[1].parse::<usize>().unwrap()] = file as c_int;
            Ok(String::new())
        }
        "close" => {
            let index = words[1].parse::<usize>().unwrap();
            let file = std::mem::replace(&mut OPEN.lock().unwrap()[index], -1);
            // SAFETY: It is open.
            check(c_long::from(unsafe { close(file) })).map(|_| String::new())
        }
        "dup" => {
            // SAFETY: It is open.
            let copy = check(c_long::from(unsafe { dup(file(words[1])) }))?;
            OPEN.lock().unwrap()[words[2].parse::<usize>().unwrap()] = copy as c_int;
            Ok(String::new())
        }
        "write" => write_all(words[1], &unescape(rest(2))),
        "script" => write_all(words[1], &std::fs::read(words[2]).expect("a file")),
        "read" => {
            let size = words.get(2).map_or(4096, |word| word.parse().unwrap());
            let bytes = read_some(words[1], size)?;
            Ok(format!(
                "[{}]",
                String::from_utf8_lossy(&bytes).replace('\n', "\\n")
            ))
        }
        "badread" => {
            // SAFETY: Nothing is there to be written to, and the kernel says so.
            check(unsafe { read(file(words[1]), ptr::without_provenance_mut(16), 64) } as c_long)
                .map(|got| got.to_string())
        }
        "cat" => loop {
            let bytes = read_some(words[1], 4096)?;
            if bytes.is_empty() {
                return Ok(String::new());
            }
            io::stdout().write_all(&bytes).unwrap();
        },
        "poll" => {
            let mut asked = PollFile {
                file: file(words[1]),
                events: 5,
                happened: 0,
            };
            // SAFETY: It is one file.
            check(c_long::from(unsafe {
                poll(&mut asked, 1, words[2].parse().unwrap())
            }))?;
            let names = [(1, "IN"), (4, "OUT"), (8, "ERR"), (16, "HUP")];
            let names = names.iter().filter(|(bit, _)| asked.happened & bit != 0);
            let names: Vec<_> = names.map(|(_, name)| *name).collect();
            Ok(format!("events: {}", names.join(" ")))
        }
        "settle" => {
            let wanted = number_of(&words, "waits", 0);
            look_until(|| {
                let said = list(&["0"])?;
                let waits = said.matches(" waits ").count() as u64;
                Ok(waits == wanted && (wanted > 0 || said == "0 scripts"))
            })
        }
        "sleepers" => {
            let wanted = words[2].parse().unwrap();
            look_until(|| Ok(sleepers(file(words[1])).len() == wanted))
        }
        "hup" => {
            let mut asked = PollFile {
                file: file(words[1]),
                events: 0,
                happened: 0,
            };
            // SAFETY: It is one file.
            check(c_long::from(unsafe { poll(&mut asked, 1, -1) })).map(|_| String::new())
        }
        "info" => info(&words[1..]),
        "run" => run(&words[1..]),
        "result" => result(&words[1..]),
        "list" => list(&words[1..]),
        "scripts" => scripts(&words[1..]),
        "kill" => {
            let mut bytes = vec![0; 8];
            put(&mut bytes, 0, words[2].parse().unwrap(), 8);
            control(words[1], 4, &mut bytes).map(|_| "asked".to_owned())
        }
        "ioctl" => {
            let byte = words.get(4).map_or(0, |word| word.parse().unwrap());
            let mut bytes = vec![byte; words[3].parse().unwrap()];
            control(words[1], words[2].parse().unwrap(), &mut bytes).map(|_| "done".to_owned())
        }
        "interrupt" => {
            let action = SigAction {
                handler: nothing,
                mask: [0; 16],
                flags: 0,
                restorer: 0,
            };
            // SAFETY: The handler does nothing, which it may at any time.
            let this = unsafe {
                sigaction(10, &action, ptr::null_mut());
                pthread_self()
            };
            // SAFETY: Always.
            let number = unsafe { gettid() };
            let file = file(words[1]);
            let over = Arc::new(AtomicBool::new(false));
            let signal = thread::spawn({
                let over = Arc::clone(&over);
                move || {
                    // Another one if it slept for something else, a lock for one.
                    while !over.load(Ordering::Relaxed) {
                        if sleepers(file).contains(&number) {
                            // SAFETY: That thread joins this one.
                            unsafe { pthread_kill(this, 10) };
                        }
                        thread::sleep(LOOK);
                    }
                }
            });
            let said = command(rest(2));
            over.store(true, Ordering::Relaxed);
            signal.join().unwrap();
            said
        }
        "uid" => {
            // SAFETY: Always.
            check(c_long::from(unsafe { setuid(words[1].parse().unwrap()) })).map(|_| String::new())
        }
        "as" => {
            wait(in_process(rest(2), words[1].parse().ok()));
            Ok(String::new())
        }
        "show" => Ok(std::fs::read_to_string(words[1])
            .expect("a file")
            .trim()
            .to_owned()),
        "quiet" => command(rest(1)).map(|_| String::new()),
        "echo" => Ok(rest(1).to_owned()),
        "" => Ok(String::new()),
        other => panic!("no command {other}"),
    }
}

/// Runs a command; what it has to say, as lines.
fn say(line: &str) -> String {
    match command(line) {
        Ok(said) if said.is_empty() => said,
        Ok(said) => said + "\n",
        Err(error) => error + "\n",
    }
}

fn main() {
    let mut threads = Vec::new();
    let mut children = Vec::new();
    for line in io::stdin().lock().lines() {
        let line = line.unwrap();
        let rest = line.split_once(' ').map_or("", |(_, rest)| rest).to_owned();
        match line.split(' ').next() {
            Some("spawn") => threads.push(thread::spawn(move || {
                print!("{}", say(&rest));
                io::stdout().flush().unwrap();
            })),
            Some("fork") => children.push(in_process(&rest, None)),
            Some("join") => {
                threads.drain(..).for_each(|thread| thread.join().unwrap());
                children.drain(..).for_each(wait);
            }
            _ => print!("{}", say(&line)),
        }
        io::stdout().flush().unwrap();
    }
}
