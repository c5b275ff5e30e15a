// SPDX-License-Identifier: GPL-2.0

//! Has the kernel refuse the first allocation, then the second, and so on, until nothing is left to refuse:
//! of a thread that runs scripts, of a process that submits them, of one that loads the module. After each,
//! a script runs as if nothing had been.
//!
//! ```text
//! faults run DEVICE SCRIPT...     refuses memory to the one thread of the device while it runs each script
//! faults submit DEVICE            refuses memory to this process, which submits scripts
//! faults load MODULE              refuses memory to this process, which loads the module at that path
//! ```
//!
//! It takes a kernel with `CONFIG_FAULT_INJECTION`, whose knobs are set by then: `fail-nth` of a task in
//! procfs says which of its allocations from now on fails.

use std::{
    env,
    ffi::CString,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::{fd::AsRawFd, unix::fs::FileExt},
    process::ExitCode,
    thread,
    time::Duration,
};

use lunatik_cmd::abi::{
    self, lunatik_kill, lunatik_list, lunatik_result, lunatik_run, lunatik_script,
};

type Result<T, E = String> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run", device, scripts @ ..] => run(device, scripts),
        ["submit", device] => submit(device),
        ["load", module] => load(module),
        _ => Err("see the first lines of tests/faults/main.rs".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The knob of a task. Opened once: to open it takes memory, which is refused as well where the task is
/// this one.
struct Fault {
    path: String,
    file: File,
}

impl Fault {
    fn of(task: &str) -> Result<Self> {
        let path = format!("/proc/{task}/fail-nth");
        let file = OpenOptions::new().read(true).write(true).open(&path);
        match file {
            Ok(file) => Ok(Self { path, file }),
            Err(error) => Err(format!("{path}: {error}")),
        }
    }

    /// Has the allocation with this number fail, counted from 1; 0 for none.
    fn set(&self, number: u32) -> Result<()> {
        self.file
            .write_all_at(number.to_string().as_bytes(), 0)
            .map_err(|error| format!("{}: {error}", self.path))
    }

    /// Takes it back. Says whether an allocation has failed.
    fn take(&self) -> Result<bool> {
        let mut left = [0; 16];
        let size = self.file.read_at(&mut left, 0);
        let size = size.map_err(|error| format!("{}: {error}", self.path))?;
        self.set(0)?;
        Ok(left[..size].trim_ascii() == b"0")
    }
}

/// The numbers of allocations that were refused, until `attempt` says that there are no more.
fn all(what: &str, mut attempt: impl FnMut(u32) -> Result<bool>) -> Result<()> {
    for number in 1.. {
        // The last one to look at, should the machine go down.
        if number % 25 == 1 {
            println!("{what}: from allocation {number} on");
        }
        if !attempt(number).map_err(|error| format!("{what}, allocation {number}: {error}"))? {
            println!("{what}: {} allocations refused", number - 1);
            // Nothing at all was tried otherwise.
            return if number > 10 {
                Ok(())
            } else {
                Err("these are too few".into())
            };
        }
    }
    unreachable!("an allocation of each number")
}

/// What came of a script.
#[derive(Debug)]
struct Ended {
    status: u32,
    error: String,
    values: String,
}

impl Ended {
    /// Whether it ran, or ended for want of memory and says so.
    fn is_sound(&self) -> bool {
        match self.status {
            abi::LUNATIK_STATUS_OK | abi::LUNATIK_STATUS_NO_MEMORY => true,
            abi::LUNATIK_STATUS_ERROR => self.error.contains("memory"),
            _ => false,
        }
    }
}

/// An open device.
struct Device(File);

impl Device {
    fn open(name: &str) -> io::Result<Self> {
        let path = format!("/dev/{name}");
        Ok(Self(OpenOptions::new().read(true).write(true).open(path)?))
    }

    /// # Safety
    ///
    /// The pointers in `argument` are of memory of the sizes there.
    unsafe fn control<T>(&self, opcode: u32, argument: &mut T) -> io::Result<()> {
        // SAFETY: The opcode has the size of `T`, as all of abi.rs have of theirs.
        let done = unsafe { libc::ioctl(self.0.as_raw_fd(), opcode.into(), argument) };
        if done < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    fn start(&self, text: &[u8]) -> io::Result<()> {
        (&self.0).write_all(text)?;
        let name = b"faulty";
        // A string and a nil: type, size, bytes up to the next record.
        let args: [u64; 3] = [
            u64::from(abi::LUNATIK_TYPE_STRING) | 3 << 32,
            u64::from_ne_bytes(*b"abc\0\0\0\0\0"),
            0,
        ];
        let mut run = lunatik_run {
            flags: abi::LUNATIK_RUN_VALUES | abi::LUNATIK_RUN_JSON,
            argc: 2,
            args: args.as_ptr() as u64,
            args_size: size_of_val(&args) as u64,
            name: name.as_ptr() as u64,
            name_size: name.len() as u64,
            ..Default::default()
        };
        // SAFETY: The name and the arguments are there.
        unsafe { self.control(abi::LUNATIK_IOC_RUN, &mut run) }
    }

    fn result(&self) -> io::Result<Ended> {
        let (mut error, mut values) = (vec![0; 4096], vec![0; 4096]);
        let mut json = vec![0_u8; 4096];
        let mut result = lunatik_result {
            error: error.as_mut_ptr() as u64,
            error_size: error.len() as u64,
            values: values.as_mut_ptr() as u64,
            values_size: values.len() as u64,
            json: json.as_mut_ptr() as u64,
            json_size: json.len() as u64,
            ..Default::default()
        };
        // SAFETY: So much room is there for each.
        unsafe { self.control(abi::LUNATIK_IOC_RESULT, &mut result)? };
        let text = |bytes: &[u8], size: u64| {
            let size = bytes.len().min(size as usize);
            String::from_utf8_lossy(&bytes[..size]).into_owned()
        };
        Ok(Ended {
            status: result.status,
            error: text(&error, result.error_size),
            values: text(&values, result.values_size),
        })
    }

    fn script(&self, text: &[u8]) -> Result<Ended> {
        let ended = self.start(text).and_then(|()| self.result());
        ended.map_err(|error| error.to_string())
    }
}

/// The next script runs, in a state like any other.
fn check_alive(device: &Device) -> Result<()> {
    let ended = device.script(b"rcu.alive = 6 * 7 return rcu.alive, collectgarbage()")?;
    match (ended.status, ended.values.as_str()) {
        (abi::LUNATIK_STATUS_OK, "42\t0") => Ok(()),
        _ => Err(format!("the next script: {ended:?}")),
    }
}

fn run(name: &str, scripts: &[&str]) -> Result<()> {
    let device = Device::open(name).map_err(|error| format!("{name}: {error}"))?;
    let fault = Fault::of(&thread_of(name)?)?;
    let refuse = |number, text: &[u8]| {
        fault.set(number)?;
        let ended = device.script(text)?;
        let failed = fault.take()?;
        if !ended.is_sound() || !failed && ended.status == abi::LUNATIK_STATUS_NO_MEMORY {
            return Err(format!("{ended:?}"));
        }
        check_alive(&device)?;
        Ok(failed)
    };
    // Right after another script there is no state yet: it is made, then, for this one.
    all("a state", |number| refuse(number, b"return 1"))?;
    for script in scripts {
        let text = fs::read(script).map_err(|error| format!("{script}: {error}"))?;
        all(script, |number| {
            // Time to make a state. It does not matter much if there is none yet.
            thread::sleep(Duration::from_millis(20));
            refuse(number, &text)
        })?;
    }
    Ok(())
}

/// The thread that runs scripts of a device that has one.
fn thread_of(device: &str) -> Result<String> {
    let wanted = format!("{device}/0");
    let processes = fs::read_dir("/proc").map_err(|error| error.to_string())?;
    processes
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|process| {
            let name = fs::read_to_string(format!("/proc/{process}/comm"));
            name.is_ok_and(|name| name.trim() == wanted)
        })
        .ok_or_else(|| format!("there is no thread {wanted}"))
}

/// What is no error: it went well, or there was no memory.
fn unless_no_memory<T>(done: io::Result<T>) -> Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.raw_os_error() == Some(libc::ENOMEM) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn submit(name: &str) -> Result<()> {
    let sound = Device::open(name).map_err(|error| format!("{name}: {error}"))?;
    let fault = Fault::of("thread-self")?;
    all("submitting", |number| {
        fault.set(number)?;
        let done = submit_once(name);
        let failed = fault.take()?;
        done?;
        check_alive(&sound)?;
        Ok(failed)
    })
}

fn submit_once(name: &str) -> Result<()> {
    let Some(device) = unless_no_memory(Device::open(name))? else {
        return Ok(());
    };
    if unless_no_memory(device.start(b"print(('x'):rep(9999)) return ..."))?.is_some() {
        let mut output = [0; 10000];
        // Output for which the reader has no memory is there for the next read.
        let mut read = 0;
        for _ in 0..9 {
            match unless_no_memory((&device.0).read(&mut output))? {
                Some(0) => break,
                Some(size) => read += size,
                None => {}
            }
        }
        if read != output.len() {
            return Err(format!("{read} bytes were read"));
        }
        let ended = device.result().map_err(|error| error.to_string())?;
        if ended.values != "abc\tnil" {
            return Err(format!("{ended:?}"));
        }
    }
    let mut scripts = [lunatik_script::default(); 4];
    let mut list = lunatik_list {
        scripts: scripts.as_mut_ptr() as u64,
        room: scripts.len() as u32,
        stride: size_of::<lunatik_script>() as u32,
        ..Default::default()
    };
    // SAFETY: There is room for so many.
    unless_no_memory(unsafe { device.control(abi::LUNATIK_IOC_LIST, &mut list) })?;
    // SAFETY: There is no pointer in it.
    let killed = unsafe { device.control(abi::LUNATIK_IOC_KILL, &mut lunatik_kill { id: 0 }) };
    match killed {
        Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn load(path: &str) -> Result<()> {
    let file = File::open(path).map_err(|error| format!("{path}: {error}"))?;
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = CString::new(name.trim_end_matches(".ko")).map_err(|error| error.to_string())?;
    let fault = Fault::of("thread-self")?;
    all("loading", |number| {
        fault.set(number)?;
        // SAFETY: The strings are there.
        let loaded = unsafe {
            libc::syscall(libc::SYS_finit_module, file.as_raw_fd(), c"".as_ptr(), 0) == 0
        };
        let error = io::Error::last_os_error();
        let failed = fault.take()?;
        if loaded {
            // SAFETY: As above.
            let gone = unsafe { libc::syscall(libc::SYS_delete_module, name.as_ptr(), 0) == 0 };
            if !gone {
                return Err(format!("unloading: {}", io::Error::last_os_error()));
            }
        } else if error.raw_os_error() != Some(libc::ENOMEM) {
            return Err(error.to_string());
        } else if !failed {
            return Err("no memory without a refusal".into());
        }
        Ok(failed)
    })
}
