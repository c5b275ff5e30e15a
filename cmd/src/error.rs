// SPDX-License-Identifier: GPL-2.0
//! Why a command ends without having done what it was asked, and with which exit status.

use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug)]
pub enum Error {
    /// Something failed; the text says what, and what can be done.
    Failed(String),
    /// The script failed, or the key is not there: whoever needs to know has been told.
    Told,
    /// The command line cannot mean anything.
    Usage(String),
    /// There is no device, or it may not be used.
    Device(String),
    /// Ctrl-C.
    Interrupted,
}

impl Error {
    /// The exit status: 1 failed, 2 usage, 3 no device or no permission, 130 Ctrl-C.
    pub fn status(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Told => 1,
            Self::Usage(_) => 2,
            Self::Device(_) => 3,
            Self::Interrupted => 130,
        }
    }
}

/// What there is still to say; nothing for [`Error::Told`] and [`Error::Interrupted`].
impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(text) | Self::Usage(text) | Self::Device(text) => {
                formatter.write_str(text)
            }
            Self::Told | Self::Interrupted => Ok(()),
        }
    }
}

/// `Error::Failed` with a text as of `format!`.
#[macro_export]
macro_rules! failed {
    ($($argument:tt)*) => {
        $crate::error::Error::Failed(format!($($argument)*))
    };
}
