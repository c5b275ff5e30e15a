// SPDX-License-Identifier: GPL-2.0
//! A Lunatik device: opening it, its ioctls as functions, and what their errors mean.
//!
//! Each error says what is wrong and what can be done. How a script is run with this is in `session.rs`.

use std::ffi::OsStr;
use std::fs::{
    self,
    File,
    OpenOptions, //
};
use std::io::{
    self,
    Read as _,
    Write as _, //
};
use std::os::fd::{
    AsFd,
    BorrowedFd, //
};
use std::os::unix::fs::{
    FileTypeExt as _,
    MetadataExt as _, //
};
use std::path::{
    Path,
    PathBuf, //
};

use rustix::io::Errno;
use rustix::ioctl::{
    Opcode,
    Updater,
    ioctl, //
};

use crate::abi::{
    self,
    lunatik_info,
    lunatik_kill,
    lunatik_list,
    lunatik_named,
    lunatik_result,
    lunatik_run,
    lunatik_script, //
};
use crate::error::{
    Error,
    Result, //
};
use crate::failed;

pub struct Device {
    file: File,
    path: PathBuf,
    info: lunatik_info,
}

/// What a device is opened for.
#[derive(Clone, Copy, PartialEq)]
pub enum Access {
    /// To look at it, and at its scripts.
    Look,
    /// To run scripts.
    Run,
}

impl Device {
    /// Opens `/dev/NAME`, or the path of a node.
    pub fn open(name: &OsStr, access: Access) -> Result<Self> {
        let path = node(name);
        let file = OpenOptions::new()
            .read(true)
            .write(access == Access::Run)
            .open(&path)
            .map_err(|error| not_opened(&path, &error))?;
        if !file
            .metadata()
            .is_ok_and(|meta| meta.file_type().is_char_device())
        {
            return Err(Error::Device(format!(
                "{} is not a device; --device takes the name of one, like luadrv, or the path of its node",
                path.display()
            )));
        }
        let mut device = Self {
            file,
            path,
            info: lunatik_info::default(),
        };
        let mut info = lunatik_info::default();
        device
            .ioctl::<{ abi::LUNATIK_IOC_INFO }, _>(&mut info)
            .map_err(|error| device.no_info(error))?;
        device.info = info;
        Ok(device)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the module says it is.
    pub fn info(&self) -> &lunatik_info {
        &self.info
    }

    /// Fails if the module compiles nothing, so that no text of Lua is given to it.
    pub fn must_compile(&self) -> Result<()> {
        if compiles(&self.info) {
            return Ok(());
        }
        Err(failed!(
            "the module of {} compiles nothing: it runs the scripts that it contains alone, which \
             `lunatik scripts` lists and `lunatik run --script NAME` runs",
            self.path.display()
        ))
    }

    /// Fails if the module contains no scripts.
    pub fn must_contain(&self) -> Result<()> {
        if self.info.scripts > 0 {
            return Ok(());
        }
        Err(failed!(
            "the module of {} contains no scripts",
            self.path.display()
        ))
    }

    /// Where sysfs has the device.
    pub fn sysfs(&self) -> Result<PathBuf> {
        let number = self
            .file
            .metadata()
            .map_err(|error| failed!("{}: {error}", self.path.display()))?
            .rdev();
        let (major, minor) = (rustix::fs::major(number), rustix::fs::minor(number));
        Ok(format!("/sys/dev/char/{major}:{minor}").into())
    }

    /// Gives the device text of a script.
    pub fn write(&self, text: &[u8]) -> Result<()> {
        (&self.file)
            .write_all(text)
            .map_err(|error| match errno(&error) {
                Some(Errno::FBIG) => failed!(
                    "the script has more than the {} bytes that this flavour takes",
                    self.info.script_max
                ),
                _ => self.explain("write", errno(&error).unwrap_or(Errno::IO)),
            })
    }

    /// Waits for output of the running script. 0: it has ended.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.file).read(buffer)
    }

    /// Starts what has been written.
    ///
    /// # Safety
    ///
    /// The pointers in `run` are those of readable memory of the sizes there.
    pub unsafe fn run(&self, run: &mut lunatik_run) -> Result<()> {
        self.ioctl::<{ abi::LUNATIK_IOC_RUN }, _>(run)
            .map_err(|error| match error {
                // Of text that was not compiled yet there is nothing else to say.
                Errno::NOEXEC => failed!(
                    "the module of {} contains no script of this name; `lunatik scripts` lists those that it does",
                    self.path.display()
                ),
                Errno::PERM => failed!(
                    "a script may have less than this flavour's limits, not more; `lunatik info` shows them"
                ),
                _ => self.explain("run", error),
            })
    }

    /// How the last script ended.
    ///
    /// # Safety
    ///
    /// The pointers in `result` are those of writable memory of the sizes there.
    pub unsafe fn result(&self, result: &mut lunatik_result) -> Result<()> {
        self.ioctl::<{ abi::LUNATIK_IOC_RESULT }, _>(result)
            .map_err(|error| self.explain("result", error))
    }

    /// The scripts of this user; with CAP_SYS_ADMIN all.
    pub fn list(&self) -> Result<Vec<lunatik_script>> {
        self.rows::<{ abi::LUNATIK_IOC_LIST }, _>()
            .map_err(|error| self.explain("list", error))
    }

    /// The scripts that the module contains.
    pub fn scripts(&self) -> Result<Vec<lunatik_named>> {
        if self.info.scripts == 0 {
            return Ok(Vec::new());
        }
        self.rows::<{ abi::LUNATIK_IOC_SCRIPTS }, _>()
            .map_err(|error| self.explain("scripts", error))
    }

    /// All rows of a list, which has one `T` for each.
    fn rows<const OPCODE: Opcode, T: Clone + Default>(&self) -> Result<Vec<T>, Errno> {
        let mut room = 16;
        loop {
            let mut rows = vec![T::default(); room];
            let mut list = lunatik_list {
                scripts: rows.as_mut_ptr() as u64,
                room: room as u32,
                stride: size_of::<T>() as u32,
                ..Default::default()
            };
            self.ioctl::<OPCODE, _>(&mut list)?;
            let count = list.count as usize;
            if count <= room {
                rows.truncate(count);
                return Ok(rows);
            }
            room = count + 16;
        }
    }

    /// Ends script `id`; with 0, the one of this file, or drops its text if it was not started. Tells whether
    /// there was one.
    pub fn kill(&self, id: u64) -> Result<bool> {
        match self.ioctl::<{ abi::LUNATIK_IOC_KILL }, _>(&mut lunatik_kill { id }) {
            Ok(()) => Ok(true),
            Err(Errno::SRCH) => Ok(false),
            Err(Errno::PERM) => Err(failed!(
                "script {id} is another user's; ending it needs CAP_SYS_ADMIN"
            )),
            Err(error) => Err(self.explain("kill", error)),
        }
    }

    fn ioctl<const OPCODE: Opcode, T>(&self, argument: &mut T) -> Result<(), Errno> {
        // SAFETY: Each opcode here is that of `T` (its size is part of it), and the pointers in one are the
        // callers' business.
        unsafe { ioctl(&self.file, Updater::<OPCODE, T>::new(argument)) }
    }

    fn no_info(&self, error: Errno) -> Error {
        let path = self.path.display();
        match error {
            Errno::NOTTY | Errno::INVAL if self.sysfs().is_ok_and(|folder| is_ours(&folder)) => {
                Error::Device(format!(
                    "the module of {path} is older than this command and has none of its ioctls;\n\
                     `cat FILE > {path}` runs a script there, and `dmesg` shows what it says"
                ))
            }
            Errno::NOTTY | Errno::INVAL => Error::Device(format!("{path} is no device of Lunatik")),
            _ => self.explain("info", error),
        }
    }

    /// An error that an ioctl gives whatever it is for.
    fn explain(&self, what: &str, error: Errno) -> Error {
        let path = self.path.display();
        let (ours, theirs) = (abi::LUNATIK_ABI, self.info.abi);
        match error {
            Errno::INTR => Error::Interrupted,
            Errno::NOTTY | Errno::TOOBIG | Errno::INVAL if theirs < ours => failed!(
                "the module of {path} is older than this command (interface {theirs} and {ours}) and cannot do this: {error}"
            ),
            Errno::NOTTY => failed!("the module of {path} has no ioctl `{what}`"),
            Errno::TOOBIG => {
                failed!("the module of {path} does not know all of what was asked for: {error}")
            }
            Errno::BUSY | Errno::AGAIN => {
                failed!(
                    "all states of {path} are taken, and this flavour does not wait; `lunatik ps` shows by what"
                )
            }
            Errno::NODEV | Errno::NXIO | Errno::SHUTDOWN => {
                Error::Device(format!("the module of {path} is being unloaded"))
            }
            Errno::ACCESS | Errno::PERM => Error::Device(format!(
                "{path} does not let this user `{what}`; it takes root, or CAP_SYS_ADMIN"
            )),
            Errno::NOMEM => failed!("the kernel has no memory for this"),
            _ => failed!("{path}: {what}: {error}"),
        }
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Where the node of a device is.
fn node(name: &OsStr) -> PathBuf {
    // A name has no slash, and joining a path that begins with one gives that path.
    match name.as_encoded_bytes().contains(&b'/') {
        true => name.into(),
        false => Path::new("/dev").join(name),
    }
}

fn errno(error: &io::Error) -> Option<Errno> {
    error.raw_os_error().map(Errno::from_raw_os_error)
}

fn not_opened(path: &Path, error: &io::Error) -> Error {
    let name = path.display();
    Error::Device(match error.kind() {
        io::ErrorKind::NotFound => {
            let mut text = format!(
                "there is no {name}: is the module loaded? `modprobe lunatik`, or `insmod FILE.ko`, loads it"
            );
            let others = flavours(Path::new("/sys/class/misc"));
            if !others.is_empty() {
                text.push_str(&format!(
                    "\nflavours that are loaded: {}; --device takes one of these",
                    others.join(", ")
                ));
            }
            text
        }
        io::ErrorKind::PermissionDenied
            if rustix::process::geteuid().is_root() && locked_down() =>
        {
            format!(
                "{name}: the kernel is locked down, and takes no script of anybody's (man kernel_lockdown)"
            )
        }
        io::ErrorKind::PermissionDenied => {
            let mode = fs::metadata(path).map_or(0, |meta| meta.mode() & 0o7777);
            format!(
                "{name} does not let this user in (its mode is {mode:04o}): it takes root, or CAP_SYS_ADMIN; \
                 try `sudo lunatik`"
            )
        }
        _ => format!(
            "{name}: {}",
            errno(error).map_or_else(|| error.to_string(), |errno| errno.to_string())
        ),
    })
}

/// Whether a module compiles what it is given.
pub fn compiles(info: &lunatik_info) -> bool {
    info.flags & abi::LUNATIK_INFO_NO_COMPILER == 0
}

/// Whether the kernel says that it is locked down, as "none [integrity] confidentiality".
fn locked_down() -> bool {
    fs::read_to_string("/sys/kernel/security/lockdown").is_ok_and(|text| !text.contains("[none]"))
}

/// Whether this is sysfs's folder of a device of Lunatik, which counts what runs.
fn is_ours(folder: &Path) -> bool {
    folder.join("running").exists()
}

/// The devices of Lunatik.
fn flavours(misc: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(misc) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| is_ours(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The text of an array of `char`.
pub fn text(array: &[u8]) -> &[u8] {
    array.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_a_name_or_a_path() {
        assert_eq!(node(OsStr::new("luadrv")), Path::new("/dev/luadrv"));
        assert_eq!(node(OsStr::new("./node")), Path::new("./node"));
        assert_eq!(node(OsStr::new("/tmp/node")), Path::new("/tmp/node"));
    }

    #[test]
    fn what_is_no_device_is_said_to_be_none() {
        let refused = |name: &str| {
            let error = Device::open(OsStr::new(name), Access::Look).err().unwrap();
            assert_eq!(error.status(), 3);
            error.to_string()
        };
        assert!(refused("no-such-flavour").contains("modprobe"));
        assert!(refused("/proc/version").contains("is not a device"));
        assert!(refused("null").contains("is no device of Lunatik"));
        assert!(refused("/proc/version/x").contains("Not a directory"));
    }

    #[test]
    fn the_flavours_that_are_loaded_are_named() {
        let misc = tempfile::tempdir().unwrap();
        for name in ["luasmall", "hpet", "luadrv"] {
            fs::create_dir(misc.path().join(name)).unwrap();
        }
        for name in ["luasmall", "luadrv"] {
            fs::write(misc.path().join(name).join("running"), "0\n").unwrap();
        }
        assert_eq!(flavours(misc.path()), ["luadrv", "luasmall"]);
    }

    #[test]
    fn an_array_of_char_ends_at_its_first_zero() {
        assert_eq!(text(b"luadrv\0\0x"), b"luadrv");
        assert_eq!(text(b"full"), b"full");
    }
}
