// SPDX-License-Identifier: GPL-2.0

//! The library `bench`: reference points and clocks for the scripts of `make bench`.
//!
//! No library for products: only a flavour that lists it has it. What a reference point is made of
//! stands here and in `bench.c`; what is measured and compared, in the folder `bench/` of the
//! repository.
//!
//! Each loop runs for a short time, bounded by [`TURNS_MAX`]: scripts ask again and again, and are
//! asked in between whether they are to end.

use crate::{
    binding::{
        self,
        Binding, //
    },
    glue::{
        self,
        RawKey, //
    },
    lua::{
        self,
        c_int,
        lua_State, //
    },
    state::Function,
    table::{
        Element,
        Key, //
    },
    vm::Value, //
};
use core::{
    ffi::{
        c_uint,
        c_ulong,
        CStr, //
    },
    hint,
    mem::{
        size_of,
        MaybeUninit, //
    },
    ptr,
    slice, //
};
use mlua_sys as sys;

/// Turns of a loop that one call may ask for.
const TURNS_MAX: i64 = 100_000;

/// Keys of one set, at most.
const KEYS_MAX: i64 = 100_000;

/// The kernel's hash table; `struct lunatik_bench_hash` of `bench.h`.
#[repr(C)]
struct RawHash {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    safe fn lunatik_bench_clock() -> u64;
    safe fn lunatik_bench_sleep(ms: c_uint);
    safe fn lunatik_bench_pin(cpu: c_int) -> c_int;
    safe fn lunatik_bench_settle();
    safe fn lunatik_bench_roundup(size: usize) -> usize;
    safe fn lunatik_bench_empty(n: c_ulong);
    safe fn lunatik_bench_rcu(n: c_ulong);
    safe fn lunatik_bench_kmalloc(n: c_ulong, size: usize, account: bool) -> bool;
    safe fn lunatik_bench_kfree_rcu(n: c_ulong, size: usize, account: bool) -> bool;
    fn lunatik_bench_hash_create(keys: *const RawKey, count: usize) -> *mut RawHash;
    fn lunatik_bench_hash_destroy(hash: *mut RawHash);
    fn lunatik_bench_hash_lookup(
        hash: *mut RawHash,
        keys: *const RawKey,
        count: usize,
        rounds: c_ulong,
    ) -> c_ulong;
}

/// A table of the flavour, without Lua around it.
pub(crate) struct Subject {
    name: &'static CStr,
    /// Bytes of memory that the element of a key takes, if there is one.
    size: fn(&RawKey) -> Option<usize>,
    /// Looks each key up, so many times; how often one was there.
    search: fn(&[RawKey], usize) -> usize,
    /// Gives a key a value, or none; whether that could be done.
    write: fn(Key<'_>, Option<Value<'_>>) -> bool,
}

impl Subject {
    /// The table of a binding.
    pub(crate) const fn of<B: Binding>() -> Self {
        Self {
            name: B::DESCRIPTION.name,
            size: |key| B::table().search(raw_key(key), Element::size),
            search: |keys, rounds| {
                searches(keys, rounds, |key| B::table().search(key, |_| ()).is_some())
            },
            write: |key, value| binding::write::<B>(key, value).is_ok(),
        }
    }
}

/// The loop of [`Subject::search`]; `search` is to be inlined into it.
#[inline]
fn searches(
    keys: &[RawKey],
    rounds: usize,
    search: impl Fn(Key<'_>) -> bool, //
) -> usize {
    let mut found = 0;
    for _ in 0..rounds {
        for raw in hint::black_box(keys) {
            if search(raw_key(raw)) {
                found += 1;
            }
        }
    }
    found
}

/// A key of a set.
#[inline]
fn raw_key(raw: &RawKey) -> Key<'_> {
    Key {
        // SAFETY: The keys of a set are bytes of strings that the set keeps.
        bytes: unsafe { slice::from_raw_parts(raw.bytes, raw.len) },
        hash: raw.hash,
    }
}

const FUNCTIONS: &[Function] = &[
    Function {
        name: c"clock",
        function: clock,
    },
    Function {
        name: c"sleep",
        function: sleep,
    },
    Function {
        name: c"pin",
        function: pin,
    },
    Function {
        name: c"settle",
        function: settle,
    },
    Function {
        name: c"roundup",
        function: roundup,
    },
    Function {
        name: c"nop",
        function: nop,
    },
    Function {
        name: c"empty",
        function: empty,
    },
    Function {
        name: c"rcu",
        function: rcu,
    },
    Function {
        name: c"kmalloc",
        function: kmalloc,
    },
    Function {
        name: c"kfree_rcu",
        function: kfree_rcu,
    },
    Function {
        name: c"keys",
        function: keys,
    },
    Function {
        name: c"hash",
        function: hash,
    },
    Function {
        name: c"lookup",
        function: lookup,
    },
    Function {
        name: c"search",
        function: search,
    },
    Function {
        name: c"write",
        function: write,
    },
    Function {
        name: c"size",
        function: size,
    },
];

/// The name of the metatable of [`checked`].
const CHECKED: &CStr = c"bench.checked";
/// The name of the metatable of sets of keys.
const KEYS: &CStr = c"bench.keys";
/// The name of the metatable of the kernel's hash tables.
const HASH: &CStr = c"bench.hash";

/// Opens the library.
///
/// # Safety
///
/// Called by Lua.
pub(crate) unsafe extern "C" fn open(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua, with room for 20 slots.
    unsafe {
        sys::lua_createtable(state, 0, 32);
        for function in FUNCTIONS {
            sys::lua_pushcclosure(state, function.function, 0);
            sys::lua_setfield(state, -2, lua::text(function.name));
        }
        for (name, index) in [
            (c"floor", floor_index as lua::lua_CFunction),
            (c"bare", bare_index),
            (c"keyed", keyed_index),
        ] {
            sys::lua_newuserdatauv(state, 0, 0);
            sys::lua_createtable(state, 0, 2);
            sys::lua_pushcclosure(state, index, 0);
            sys::lua_setfield(state, -2, lua::text(c"__index"));
            sys::lua_pushcclosure(state, nop, 0);
            sys::lua_setfield(state, -2, lua::text(c"__newindex"));
            sys::lua_setmetatable(state, -2);
            sys::lua_setfield(state, -2, lua::text(name));
        }
        sys::lua_newuserdatauv(state, 0, 0);
        sys::luaL_newmetatable(state, lua::text(CHECKED));
        sys::lua_pushcclosure(state, checked_index, 0);
        sys::lua_setfield(state, -2, lua::text(c"__index"));
        sys::lua_setmetatable(state, -2);
        sys::lua_setfield(state, -2, lua::text(c"checked"));

        sys::luaL_newmetatable(state, lua::text(KEYS));
        sys::luaL_newmetatable(state, lua::text(HASH));
        sys::lua_pushcclosure(state, hash_gc, 0);
        sys::lua_setfield(state, -2, lua::text(c"__gc"));
        sys::lua_settop(state, -3);
    }
    1
}

/// The integer at argument `index`, from 0 to `max`. Raises what is wrong with it.
///
/// # Safety
///
/// Called in a C function of Lua's.
unsafe fn number(state: *mut lua_State, index: c_int, max: i64) -> usize {
    // SAFETY: By the safety requirement.
    unsafe {
        let number = sys::luaL_checkinteger(state, index);
        ensure(state, (0..=max).contains(&number), c"number out of range");
        number as usize
    }
}

/// Raises `error` unless `good`.
///
/// # Safety
///
/// Called in a C function of Lua's.
unsafe fn ensure(state: *mut lua_State, good: bool, error: &'static CStr) {
    if !good {
        // SAFETY: By the safety requirement; the format has nothing to fill in.
        unsafe { lua::raise(state, error, ptr::null(), ptr::null()) };
    }
}

/// `__index` of `bench.floor`: a constant. No binding can do less.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn floor_index(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua.
    unsafe { sys::lua_pushinteger(state, 1) };
    1
}

/// `__index` of `bench.bare`: nothing, not even a value.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn bare_index(_state: *mut lua_State) -> c_int {
    0
}

/// `__index` of `bench.keyed`: fetches the key as a table of the flavour does, then a constant.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn keyed_index(state: *mut lua_State) -> c_int {
    let mut raw = MaybeUninit::<RawKey>::uninit();
    // SAFETY: Called by Lua as a metamethod, with two arguments.
    unsafe {
        hint::black_box(glue::lunatik_tokey(state, 2, usize::MAX, raw.as_mut_ptr()));
        sys::lua_pushinteger(state, 1);
    }
    hint::black_box(&raw);
    1
}

/// `__index` of `bench.checked`: checks the userdata by the name of its metatable, then a constant.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn checked_index(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua.
    unsafe {
        sys::luaL_checkudata(state, 1, lua::text(CHECKED));
        sys::lua_pushinteger(state, 1);
    }
    1
}

/// `bench.nop()`: nothing. Also `__newindex` of `bench.floor` and its like.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn nop(_state: *mut lua_State) -> c_int {
    0
}

/// `bench.clock()`: nanoseconds that never go back.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn clock(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua.
    unsafe { sys::lua_pushinteger(state, lunatik_bench_clock() as i64) };
    1
}

/// `bench.sleep(ms)`
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn sleep(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua.
    lunatik_bench_sleep(unsafe { number(state, 1, 100) } as c_uint);
    0
}

/// `bench.pin(cpu)`: the script's thread stays on a CPU; `bench.pin(-1)` lets it go again.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn pin(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua.
    unsafe {
        let cpu = sys::luaL_checkinteger(state, 1);
        let cpu = c_int::try_from(cpu).unwrap_or(c_int::MAX);
        ensure(state, lunatik_bench_pin(cpu) == 0, c"no such CPU");
    }
    0
}

/// `bench.settle()`: leaves the freeing of what RCU was given behind, as far as it is much.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn settle(_state: *mut lua_State) -> c_int {
    lunatik_bench_settle();
    0
}

/// `bench.roundup(size)`: bytes that the kernel's allocator takes for `size`.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn roundup(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua.
    unsafe {
        let size = lunatik_bench_roundup(number(state, 1, 1 << 22));
        sys::lua_pushinteger(state, size as i64);
    }
    1
}

/// `bench.empty(n)`: the loop of those below with nothing in it.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn empty(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua.
    lunatik_bench_empty(unsafe { number(state, 1, TURNS_MAX) } as c_ulong);
    0
}

/// `bench.rcu(n)`: enters and leaves a read-side section.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn rcu(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua.
    lunatik_bench_rcu(unsafe { number(state, 1, TURNS_MAX) } as c_ulong);
    0
}

/// `bench.kmalloc(n, size, account)`: allocates and frees; whether it is charged to the memory cgroup.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn kmalloc(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua.
    unsafe { allocate(state, lunatik_bench_kmalloc) }
}

/// `bench.kfree_rcu(n, size, account)`: the same, freed after a grace period.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn kfree_rcu(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua.
    unsafe { allocate(state, lunatik_bench_kfree_rcu) }
}

/// # Safety
///
/// Called in a C function of Lua's.
unsafe fn allocate(
    state: *mut lua_State,
    run: extern "C" fn(c_ulong, usize, bool) -> bool,
) -> c_int {
    // SAFETY: By the safety requirement.
    unsafe {
        let turns = number(state, 1, TURNS_MAX) as c_ulong;
        let size = number(state, 2, 1 << 16);
        let account = sys::lua_toboolean(state, 3) != 0;
        ensure(state, run(turns, size, account), c"not enough memory");
    }
    0
}

/// `bench.keys(list)`: a set of keys out of a list of strings, for the loops below.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn keys(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua, with room for 20 slots. The strings stay where they are: the set keeps a
    // list of its own of them, which scripts do not reach.
    unsafe {
        sys::luaL_checktype(state, 1, sys::LUA_TTABLE);
        sys::lua_settop(state, 1);
        let count = sys::lua_rawlen(state, 1);
        ensure(state, count as i64 <= KEYS_MAX, c"too many keys");
        let set = sys::lua_newuserdatauv(state, count * size_of::<RawKey>(), 1).cast::<RawKey>();
        sys::lua_createtable(state, count as c_int, 0);
        for index in 0..count {
            sys::lua_rawgeti(state, 1, index as i64 + 1);
            let of = glue::lunatik_tokey(state, 4, usize::MAX, set.add(index));
            ensure(state, of == sys::LUA_TSTRING, c"a key is a string");
            sys::lua_rawseti(state, 3, index as i64 + 1);
        }
        sys::lua_setiuservalue(state, 2, 1);
        sys::luaL_setmetatable(state, lua::text(KEYS));
    }
    1
}

/// The set of keys at argument `index`.
///
/// # Safety
///
/// Called in a C function of Lua's; the set stays on its stack for `'a`.
unsafe fn key_set<'a>(state: *mut lua_State, index: c_int) -> &'a [RawKey] {
    // SAFETY: By the safety requirement; only `keys` makes userdata of this name.
    unsafe {
        let set = sys::luaL_checkudata(state, index, lua::text(KEYS)).cast::<RawKey>();
        let count = sys::lua_rawlen(state, index) / size_of::<RawKey>();
        slice::from_raw_parts(set, count)
    }
}

/// How often the loops are to go through `keys`, at argument `index`.
///
/// # Safety
///
/// Called in a C function of Lua's.
unsafe fn rounds(state: *mut lua_State, index: c_int, keys: &[RawKey]) -> usize {
    let most = TURNS_MAX / (keys.len() as i64).max(1);
    // SAFETY: By the safety requirement.
    unsafe { number(state, index, most) }
}

/// `bench.hash(set)`: the kernel's hash table, with the keys in it.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn hash(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua, with room for 20 slots. The hash table keeps the set.
    unsafe {
        let keys = key_set(state, 1);
        let place = sys::lua_newuserdatauv(state, size_of::<*mut RawHash>(), 1).cast();
        *place = ptr::null_mut::<RawHash>();
        sys::lua_pushvalue(state, 1);
        sys::lua_setiuservalue(state, -2, 1);
        // From here on the collector destroys it.
        sys::luaL_setmetatable(state, lua::text(HASH));
        *place = lunatik_bench_hash_create(keys.as_ptr(), keys.len());
        ensure(state, !(*place).is_null(), c"not enough memory");
    }
    1
}

/// `__gc` of the kernel's hash table.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn hash_gc(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua; only `hash` makes userdata of this name.
    unsafe {
        let place = sys::luaL_checkudata(state, 1, lua::text(HASH)).cast::<*mut RawHash>();
        let hash = ptr::replace(place, ptr::null_mut());
        if !hash.is_null() {
            lunatik_bench_hash_destroy(hash);
        }
    }
    0
}

/// `bench.lookup(hash, set, rounds)`: looks the keys up in the kernel's hash table, and returns how
/// often one was there. Without a hash table (nil): the loop alone.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn lookup(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua; the hash table and the set stay on its stack.
    unsafe {
        let hash = if sys::lua_type(state, 1) == sys::LUA_TNIL {
            ptr::null_mut()
        } else {
            *sys::luaL_checkudata(state, 1, lua::text(HASH)).cast::<*mut RawHash>()
        };
        let keys = key_set(state, 2);
        let rounds = rounds(state, 3, keys);
        let found = lunatik_bench_hash_lookup(hash, keys.as_ptr(), keys.len(), rounds as c_ulong);
        sys::lua_pushinteger(state, found as i64);
    }
    1
}

/// `bench.search(table, set, rounds)`: looks the keys up in the table of that name, and returns how
/// often one was there. Without a name (nil): the loop alone.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn search(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua; the set stays on its stack.
    unsafe {
        let keys = key_set(state, 2);
        let rounds = rounds(state, 3, keys);
        let found = if sys::lua_type(state, 1) == sys::LUA_TNIL {
            searches(keys, rounds, |key| {
                hint::black_box(key.hash);
                false
            })
        } else {
            (subject(state, 1).search)(keys, rounds)
        };
        sys::lua_pushinteger(state, found as i64);
    }
    1
}

/// `bench.write(table, set, rounds, value, other)`: gives each key the two values in turn, integers or
/// strings, or none for nil. Raises if that cannot be done. Without a name (nil): the loop alone, with a
/// function that does nothing.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn write(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua; the set and the values stay on its stack.
    unsafe {
        sys::lua_settop(state, 5);
        let keys = key_set(state, 2);
        let rounds = rounds(state, 3, keys);
        // Hidden, so that the loop is the same for all.
        let write = hint::black_box(match sys::lua_type(state, 1) {
            sys::LUA_TNIL => |_: Key<'_>, _: Option<Value<'_>>| true,
            _ => subject(state, 1).write,
        });
        let value = |index| match binding::key(state, index, usize::MAX) {
            Ok(text) => Some(Value::String(text)),
            Err(sys::LUA_TNUMBER) => Some(Value::Integer(sys::lua_tointeger(state, index))),
            Err(_) => None,
        };
        let values = [value(4), value(5)];
        for _ in 0..rounds {
            for raw in keys {
                for value in values {
                    if !write(raw_key(raw), value) {
                        lua::raise(state, c"cannot be written", ptr::null(), ptr::null());
                    }
                }
            }
        }
    }
    0
}

/// `bench.size(table, set)`: bytes of memory that the element of the first key takes, or nil.
///
/// # Safety
///
/// Called by Lua.
unsafe extern "C" fn size(state: *mut lua_State) -> c_int {
    // SAFETY: Called by Lua; the set stays on its stack.
    unsafe {
        let key = key_set(state, 2).first();
        match key.and_then(|key| (subject(state, 1).size)(key)) {
            Some(size) => sys::lua_pushinteger(state, size as i64),
            None => sys::lua_pushnil(state),
        }
    }
    1
}

/// The table that argument `index` names.
///
/// # Safety
///
/// Called in a C function of Lua's.
unsafe fn subject(state: *mut lua_State, index: c_int) -> &'static Subject {
    // SAFETY: By the safety requirement; the name stays on Lua's stack.
    unsafe {
        let mut len = 0;
        let name = sys::luaL_checklstring(state, index, &mut len);
        let name = slice::from_raw_parts(name.cast::<u8>(), len);
        let found = crate::generated::tables::SUBJECTS
            .iter()
            .find(|subject| subject.name.to_bytes() == name);
        match found {
            Some(subject) => subject,
            None => lua::raise(
                state,
                c"no table '%s'",
                sys::lua_tolstring(state, index, ptr::null_mut()),
                ptr::null(),
            ),
        }
    }
}
