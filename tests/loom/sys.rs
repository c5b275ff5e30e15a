// SPDX-License-Identifier: GPL-2.0

//! `kmod/table_sys.rs` in a model: loom's atomics, memory that is never used again within an execution,
//! RCU as a rule of when memory counts as freed, and bugs that can be switched on.
//!
//! All of an execution runs on one thread of the host, so what is kept here is thread-local. What loom
//! does not see of it, it need not: no thread of a model is switched away from but in an operation on
//! one of loom's objects.
//!
//! # Memory
//!
//! Each allocation has a [`cell::UnsafeCell`], written when the allocation is and when it is freed, read
//! at each access to any part of it. So loom reports who reads what was not published to them, or
//! frees what they may still be reading, in whatever order the two happened to run. Who comes later,
//! in order, finds it marked as freed.
//!
//! # Grace periods
//!
//! Two ways, for either hides what the other shows:
//!
//! - [`Grace::Late`]: memory that is given up is freed after all threads have ended. Sections order
//!   nothing, so reads are as stale as they can be.
//! - [`Grace::Prompt`]: it is freed at once if no section is under way, or else with the end of the last
//!   one that was. As RCU guarantees, what went before giving up is seen by sections that begin after
//!   it, and what was done in sections that were waited for went before freeing.
//!
//! # Where this does less than the kernel's
//!
//! Locking looks at no stale link first, and to count is one `fetch_add`: attempts that come to nothing
//! are left out. Limits cannot be reached.

use std::{
    alloc::{Layout, alloc_zeroed, dealloc},
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    ptr::NonNull,
    rc::Rc,
};

use loom::{
    cell,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

pub(crate) const ALIGNMENT: usize = 8;

/// When memory that was given up is freed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Grace {
    Late,
    Prompt,
}

/// What can be wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bug {
    /// Links are stored without release.
    Unpublished,
    /// A bucket is unlocked without release.
    UnlockedEarly,
    /// References are dropped without ordering.
    DroppedEarly,
    /// Memory is freed without a grace period.
    FreedAtOnce,
    /// A section that has looked at a link sees the same when it looks again, so that it misses `MOVED`.
    SecondLook,
    /// Who merges two lists joins them after the buckets count as moved, not before.
    JoinedLate,
    /// Counting orders nothing: the moves that others have made are not seen by who makes the last one.
    Uncounted,
}

/// One of loom's atomics. As long as one thread runs alone, it is not made: it is a number and no more.
struct Number {
    first: Cell<usize>,
    atomic: std::cell::UnsafeCell<Option<AtomicUsize>>,
    /// Whether its memory was freed when one thread ran alone.
    gone: Cell<bool>,
}

impl Number {
    fn new(number: usize) -> Self {
        Self {
            first: Cell::new(number),
            atomic: None.into(),
            gone: Cell::new(false),
        }
    }

    /// Makes it one of loom's: by the thread that runs alone, or else by the one that has just made it.
    fn share(&self) {
        // SAFETY: So no thread borrows it.
        let atomic = unsafe { &mut *self.atomic.get() };
        atomic.get_or_insert_with(|| AtomicUsize::new(self.first.get()));
    }

    fn atomic(&self) -> &AtomicUsize {
        // SAFETY: `alone` and `share` borrow it otherwise, when nobody comes here, and keep no borrow.
        let atomic = unsafe { &*self.atomic.get() };
        atomic.as_ref().expect("a number that is shared")
    }

    /// What a thread does that runs alone, which makes no history. Returns what was there before.
    fn alone(&self, change: impl FnOnce(usize) -> usize) -> usize {
        let change = |number: &mut usize| {
            let before = *number;
            *number = change(before);
            before
        };
        // SAFETY: All threads of a model are one of the host, and none is switched to in here.
        match unsafe { &mut *self.atomic.get() } {
            Some(atomic) => atomic.with_mut(change),
            None => {
                let mut number = self.first.get();
                let before = change(&mut number);
                self.first.set(number);
                before
            }
        }
    }

    fn load(&self, order: Ordering) -> usize {
        if alone() {
            return self.alone(|number| number);
        }
        self.atomic().load(order)
    }

    fn store(&self, number: usize, order: Ordering) {
        if alone() {
            self.alone(|_| number);
            return;
        }
        self.atomic().store(number, order);
    }

    fn fetch_add(&self, n: usize, order: Ordering) -> usize {
        if alone() {
            return self.alone(|number| number.wrapping_add(n));
        }
        self.atomic().fetch_add(n, order)
    }

    fn compare_exchange(&self, old: usize, new: usize, order: Ordering) -> Result<usize, usize> {
        if alone() {
            let before = self.alone(|number| if number == old { new } else { number });
            return if before == old {
                Ok(before)
            } else {
                Err(before)
            };
        }
        self.atomic()
            .compare_exchange(old, new, order, Ordering::Relaxed)
    }

    /// The last number that was stored, by a compare-exchange that fails: there is no such link or count.
    fn newest(&self) -> usize {
        let failed = self.compare_exchange(usize::MAX, 0, Ordering::Relaxed);
        failed.expect_err("no such number")
    }
}

/// One number for each thread.
type Gates = Vec<Rc<Number>>;

/// One allocation, or the table.
struct Region {
    size: usize,
    access: Rc<cell::UnsafeCell<()>>,
    /// Its atomics, by where they are: all that there can be, once others may come to it, if it begins
    /// with zeroes.
    atomics: BTreeMap<usize, Rc<Number>>,
    zeroes: bool,
    written: bool,
    given_up: bool,
    freed: bool,
    /// Whether it is the test's own.
    table: bool,
}

/// What there is in one execution.
struct World {
    grace: Grace,
    bug: Option<Bug>,
    no_arrays: bool,
    alone: bool,
    /// Threads that run at once.
    workers: usize,
    regions: BTreeMap<usize, Region>,
    /// What [`Lazy`] counts.
    atomics: Vec<Rc<Number>>,
    threads: Vec<thread::ThreadId>,
    /// Written to when memory is given up, and read by the sections of the thread whose it is.
    begins: Gates,
    /// Written to when a section of that thread ends, and read when memory is freed.
    ends: Gates,
    sections: BTreeSet<usize>,
    /// By thread: the locks that it holds and the sections that it is in.
    atomic: BTreeMap<usize, usize>,
    next_section: usize,
    /// Memory that has been given up, and the sections that it waits for.
    waiting: Vec<(usize, BTreeSet<usize>)>,
    /// Links that were seen, by section, for [`Bug::SecondLook`].
    seen: BTreeMap<(usize, usize), usize>,
    /// Who holds two locks, and its stores that wait until it gives one back, for [`Bug::JoinedLate`].
    merges: BTreeMap<usize, Vec<(Rc<Number>, usize)>>,
}

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
    static BUG: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Borrows what there is; nothing of loom's that switches threads may be done in `with`.
fn world<R>(with: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(|world| with(world.as_mut().expect("an execution has begun")))
}

/// Whether one thread runs alone. Then nothing need be explored, or ordered.
fn alone() -> bool {
    world(|world| world.alone)
}

/// Tells whether one thread runs alone from now on, as it does when an execution begins.
pub(crate) fn run_alone(alone: bool) {
    world(|world| {
        world.alone = alone;
        if alone {
            return;
        }
        for region in world.regions.values_mut().filter(|region| !region.freed) {
            region.share();
        }
        for number in world.begins.iter().chain(&world.ends) {
            number.share();
        }
        for number in world.atomics.iter().filter(|number| !number.gone.get()) {
            number.share();
        }
    });
}

/// Switches a bug on or off for the models of this thread of the host.
pub(crate) fn plant(bug: Option<Bug>) {
    BUG.set(bug);
}

fn has(bug: Bug) -> bool {
    world(|world| world.bug == Some(bug))
}

/// Begins an execution, on its main thread, in which so many others run at once.
pub(crate) fn begin(grace: Grace, workers: usize) {
    // What is left of an execution that failed.
    release_all();
    let one_each = || -> Vec<_> { (0..=workers).map(|_| Rc::new(Number::new(0))).collect() };
    let world = World {
        grace,
        bug: BUG.get(),
        no_arrays: false,
        alone: true,
        workers,
        regions: BTreeMap::new(),
        atomics: Vec::new(),
        threads: vec![thread::current().id()],
        begins: one_each(),
        ends: one_each(),
        sections: BTreeSet::new(),
        atomic: BTreeMap::new(),
        next_section: 0,
        waiting: Vec::new(),
        seen: BTreeMap::new(),
        merges: BTreeMap::new(),
    };
    WORLD.set(Some(world));
}

/// Tells of the memory of a table, which is the test's own.
pub(crate) fn adopt<T>(table: &T) {
    let start = std::ptr::from_ref(table).addr();
    world(|world| world.insert(start, size_of::<T>(), true, true));
}

/// Makes arrays of buckets fail to be allocated, so that a table does not grow yet.
pub(crate) fn refuse_arrays(refuse: bool) {
    world(|world| world.no_arrays = refuse);
}

/// Ends an execution, on its main thread, when the others have ended and the table has been reset.
pub(crate) fn end() {
    assert!(
        world(|world| world.sections.is_empty()),
        "a section is left"
    );
    for (start, _) in world(|world| std::mem::take(&mut world.waiting)) {
        mark_freed(start);
    }
    world(|world| {
        let left = |region: &&Region| !region.table && !region.freed;
        let left = world.regions.values().filter(left).count();
        assert_eq!(left, 0, "memory is left");
    });
    release_all();
}

fn release_all() {
    let Some(world) = WORLD.take() else { return };
    for (start, region) in world.regions {
        if !region.table {
            // SAFETY: It was allocated like this, and nobody uses it any more.
            unsafe {
                dealloc(
                    std::ptr::with_exposed_provenance_mut(start),
                    layout(region.size),
                )
            };
        }
    }
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, ALIGNMENT).expect("a size of the tests")
}

impl World {
    fn insert(&mut self, start: usize, size: usize, zeroes: bool, table: bool) {
        let mut region = Region {
            size,
            access: Rc::new(cell::UnsafeCell::new(())),
            atomics: BTreeMap::new(),
            zeroes,
            written: zeroes,
            given_up: false,
            freed: false,
            table,
        };
        if !self.alone {
            region.share();
        }
        let before = self.regions.insert(start, region);
        assert!(before.is_none(), "memory is not used again");
    }

    fn region(&mut self, address: usize) -> Option<(usize, &mut Region)> {
        let (start, region) = self.regions.range_mut(..=address).next_back()?;
        (address < start + region.size).then_some((*start, region))
    }

    /// Makes a number. Returns which one it is.
    fn number(&mut self, number: usize) -> usize {
        let number = Rc::new(Number::new(number));
        if !self.alone {
            number.share();
        }
        self.atomics.push(number);
        self.atomics.len()
    }

    /// The thread that runs.
    fn me(&mut self) -> usize {
        let id = thread::current().id();
        if let Some(me) = self.threads.iter().position(|thread| *thread == id) {
            return me;
        }
        self.threads.push(id);
        assert!(self.threads.len() <= self.workers + 1);
        self.threads.len() - 1
    }
}

impl Region {
    /// Makes loom's atomics of all that there can be in it.
    fn share(&mut self) {
        if self.zeroes {
            for at in (0..self.size).step_by(ALIGNMENT) {
                let atomic = self.atomics.entry(at);
                atomic.or_insert_with(|| Rc::new(Number::new(0))).share();
            }
        }
    }
}

/// Notes an access to memory of the table.
fn touch(address: usize) {
    if std::thread::panicking() {
        return;
    }
    let found = world(|world| {
        let alone = world.alone;
        let (_, region) = world.region(address)?;
        assert!(!region.freed, "use after free");
        let first = !std::mem::replace(&mut region.written, true);
        (!alone).then(|| (region.access.clone(), first))
    });
    match found {
        // Who allocated it touches it first, having written it, or nobody else could know of it.
        Some((access, true)) => access.with_mut(|_| ()),
        Some((access, false)) => access.with(|_| ()),
        // On a stack, or nobody else is there.
        None => {}
    }
}

/// Marks memory as freed, which all accesses must have gone before.
fn mark_freed(start: usize) {
    let access = world(|world| {
        let region = world.regions.get_mut(&start).expect("an allocation");
        assert!(!region.freed, "memory was freed twice");
        region.freed = true;
        for atomic in region.atomics.values() {
            atomic.gone.set(world.alone);
        }
        (!world.alone).then(|| region.access.clone())
    });
    if let Some(access) = access {
        access.with_mut(|_| ());
    }
}

/// Says which [`Number`] it is. One that is made at compile time says so when it is first touched; who
/// would see it as another thread made it, too late to tell a missing publication, has it made with
/// the memory around it ([`Region::share`]).
struct Lazy {
    /// 1 and more: which of the world's atomics it is.
    index: Cell<usize>,
}

impl Lazy {
    const fn new(value: usize) -> Self {
        assert!(value == 0, "memory of zeroes is the same");
        Self {
            index: Cell::new(0),
        }
    }

    /// One that is made now.
    fn made(number: usize) -> Self {
        Self {
            index: Cell::new(world(|world| world.number(number))),
        }
    }

    fn atomic(&self) -> Rc<Number> {
        let address = std::ptr::from_ref(self).addr();
        touch(address);
        world(|world| {
            if self.index.get() == 0 {
                let along = world
                    .region(address)
                    .and_then(|(start, region)| region.atomics.get(&(address - start)).cloned());
                match along {
                    Some(number) => {
                        world.atomics.push(number);
                        self.index.set(world.atomics.len());
                    }
                    None => {
                        self.index.set(world.number(0));
                        let number = world.atomics[self.index.get() - 1].clone();
                        if let Some((start, region)) = world.region(address) {
                            region.atomics.insert(address - start, number);
                        }
                    }
                }
            }
            world.atomics[self.index.get() - 1].clone()
        })
    }
}

#[repr(transparent)]
pub(crate) struct AtomicLink(Lazy);

// SAFETY: All threads of a model are one of the host.
unsafe impl Sync for AtomicLink {}
// SAFETY: As above.
unsafe impl Send for AtomicLink {}

impl AtomicLink {
    pub(crate) const fn new(link: usize) -> Self {
        Self(Lazy::new(link))
    }

    pub(crate) fn load_acquire(&self) -> usize {
        let link = self.0.atomic().load(Ordering::Acquire);
        if !has(Bug::SecondLook) {
            return link;
        }
        let address = std::ptr::from_ref(self).addr();
        world(|world| match world.sections.last() {
            Some(section) => *world.seen.entry((*section, address)).or_insert(link),
            None => link,
        })
    }

    pub(crate) fn load_relaxed(&self) -> usize {
        self.0.atomic().load(Ordering::Relaxed)
    }

    pub(crate) fn store_relaxed(&self, link: usize) {
        self.0.atomic().store(link, Ordering::Relaxed);
    }

    pub(crate) fn store_release(&self, link: usize) {
        if self.joins_late(link) {
            return;
        }
        self.0.atomic().store(link, publishing(Ordering::Release));
    }

    /// Whether this store joins two lists and is put off.
    fn joins_late(&self, link: usize) -> bool {
        // The buckets' own links are stored with bits.
        if !has(Bug::JoinedLate) || !link.is_multiple_of(ALIGNMENT) {
            return false;
        }
        let number = self.0.atomic();
        world(|world| {
            let me = world.me();
            let stores = world.merges.get_mut(&me);
            stores.map(|stores| stores.push((number, link))).is_some()
        })
    }

    pub(crate) fn set_if_null(&self, link: usize) -> bool {
        self.0
            .atomic()
            .compare_exchange(0, link, Ordering::SeqCst)
            .is_ok()
    }
}

/// The order of what publishes.
fn publishing(order: Ordering) -> Ordering {
    if has(Bug::Unpublished) {
        Ordering::Relaxed
    } else {
        order
    }
}

pub(crate) struct AtomicWord(Lazy);

impl AtomicWord {
    pub(crate) fn new(word: i64) -> Self {
        Self(Lazy::made(word as usize))
    }

    pub(crate) fn load(&self) -> i64 {
        self.0.atomic().load(Ordering::Relaxed) as i64
    }

    pub(crate) fn store(&self, word: i64) {
        self.0.atomic().store(word as usize, Ordering::Relaxed);
    }
}

#[repr(transparent)]
pub(crate) struct AtomicSize(Lazy);

// SAFETY: As for `AtomicLink`.
unsafe impl Sync for AtomicSize {}
// SAFETY: As for `AtomicLink`.
unsafe impl Send for AtomicSize {}

impl AtomicSize {
    pub(crate) const fn new(size: usize) -> Self {
        Self(Lazy::new(size))
    }

    pub(crate) fn load(&self) -> usize {
        self.0.atomic().load(Ordering::Relaxed)
    }

    pub(crate) fn store(&self, size: usize) {
        self.0.atomic().store(size, Ordering::Relaxed);
    }

    pub(crate) fn fetch_add(&self, n: usize) -> usize {
        let order = if has(Bug::Uncounted) {
            Ordering::Relaxed
        } else {
            Ordering::SeqCst
        };
        self.0.atomic().fetch_add(n, order)
    }

    pub(crate) fn add_up_to(&self, n: usize, max: usize) -> bool {
        let before = self.0.atomic().fetch_add(n, Ordering::Relaxed);
        assert!(before + n <= max, "no test comes to the limits");
        true
    }

    pub(crate) fn sub(&self, n: usize) {
        let before = self
            .0
            .atomic()
            .fetch_add(n.wrapping_neg(), Ordering::Relaxed);
        assert!(before >= n, "more was taken away than was there");
    }
}

pub(crate) struct Reference(Lazy);

impl Reference {
    pub(crate) fn new() -> Self {
        Self(Lazy::made(1))
    }

    pub(crate) fn increment_not_zero(&self) -> bool {
        let number = self.0.atomic();
        loop {
            let seen = number.newest();
            if seen == 0 {
                return false;
            }
            let exchanged = number.compare_exchange(seen, seen + 1, Ordering::Relaxed);
            if exchanged.is_ok() {
                return true;
            }
        }
    }

    pub(crate) fn decrement_and_test(&self) -> bool {
        let order = if has(Bug::DroppedEarly) {
            Ordering::Relaxed
        } else {
            Ordering::AcqRel
        };
        self.0.atomic().fetch_add(usize::MAX, order) == 1
    }
}

/// Where an allocation says which one it is: at its own address.
pub(crate) struct Reclaim(#[expect(dead_code, reason = "the address is what counts")] u64);

impl Reclaim {
    pub(crate) const EMPTY: Self = Self(0);
}

/// Notes that what is not atomic in the element of `reclaim` is read.
pub(crate) fn visible(reclaim: &std::cell::UnsafeCell<Reclaim>) {
    touch(reclaim.get().addr());
}

pub(crate) struct Guard(usize);

/// Counts a lock or a section that this thread is in from now on.
fn enter() {
    world(|world| {
        let me = world.me();
        *world.atomic.entry(me).or_default() += 1;
    });
}

fn leave() {
    world(|world| {
        let me = world.me();
        *world.atomic.get_mut(&me).expect("entered") -= 1;
    });
}

/// What the kernel does here may sleep, so this thread may hold no lock and be in no section.
fn may_sleep() {
    let inside = world(|world| {
        let me = world.me();
        world.atomic.get(&me).copied()
    });
    assert_eq!(inside.unwrap_or(0), 0, "this may sleep");
}

pub(crate) fn lock(link: &AtomicLink, nested: u32) {
    let atomic = link.0.atomic();
    loop {
        let seen = atomic.newest() & !1;
        if atomic
            .compare_exchange(seen, seen | 1, Ordering::Acquire)
            .is_ok()
        {
            enter();
            if nested > 0 && has(Bug::JoinedLate) {
                world(|world| {
                    let me = world.me();
                    world.merges.insert(me, Vec::new())
                });
            }
            return;
        }
        thread::yield_now();
    }
}

pub(crate) fn unlock(link: &AtomicLink, to: usize) {
    if std::thread::panicking() {
        // loom has stopped the execution.
        return;
    }
    if has(Bug::JoinedLate) {
        let joins = world(|world| {
            let me = world.me();
            world.merges.remove(&me)
        });
        for (number, to) in joins.into_iter().flatten() {
            number.store(to, Ordering::Release);
        }
    }
    let order = if has(Bug::UnlockedEarly) {
        Ordering::Relaxed
    } else {
        // It may be what links an element, too.
        publishing(Ordering::Release)
    };
    link.0.atomic().store(to, order);
    leave();
}

/// What sections and grace periods are ordered by, as one thread sees it.
struct Order {
    my_begin: Rc<Number>,
    my_end: Rc<Number>,
    begins: Gates,
    ends: Gates,
}

/// The gates, where there is an order: this thread's, and those of the others that run at once.
fn gates() -> Option<Order> {
    world(|world| {
        let me = world.me();
        if world.grace == Grace::Late || world.alone {
            return None;
        }
        let of_others = |gates: &Gates| -> Gates {
            let others = (1..=world.workers).filter(|other| *other != me);
            others.map(|other| gates[other].clone()).collect()
        };
        Some(Order {
            my_begin: world.begins[me].clone(),
            my_end: world.ends[me].clone(),
            begins: of_others(&world.begins),
            ends: of_others(&world.ends),
        })
    })
}

pub(crate) fn read_lock() -> Guard {
    if let Some(order) = gates() {
        order.my_begin.fetch_add(0, Ordering::Acquire);
    }
    enter();
    world(|world| {
        world.next_section += 1;
        world.sections.insert(world.next_section);
        Guard(world.next_section)
    })
}

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        leave();
        let order = gates();
        if let Some(order) = &order {
            order.my_end.fetch_add(0, Ordering::Release);
        }
        let ready = world(|world| {
            world.sections.remove(&self.0);
            if world.grace == Grace::Late {
                return Vec::new();
            }
            for (_, sections) in &mut world.waiting {
                sections.remove(&self.0);
            }
            let is_ready = |(_, sections): &mut (usize, BTreeSet<usize>)| sections.is_empty();
            world.waiting.extract_if(.., is_ready).collect()
        });
        if ready.is_empty() {
            return;
        }
        if let Some(order) = order {
            // Who gave it up went before this, and all sections that it waited for.
            order.my_begin.fetch_add(0, Ordering::Acquire);
            for end in order.ends {
                end.fetch_add(0, Ordering::Acquire);
            }
        }
        for (start, _) in ready {
            mark_freed(start);
        }
    }
}

pub(crate) fn retired(_size: usize) {
    may_sleep();
}

pub(crate) fn breathe() {
    may_sleep();
}

pub(crate) fn allocate(size: usize) -> Option<NonNull<u8>> {
    allocate_region(size, false)
}

pub(crate) fn allocate_zeroed(size: usize) -> Option<NonNull<u8>> {
    if world(|world| world.no_arrays) {
        return None;
    }
    allocate_region(size, true)
}

fn allocate_region(size: usize, written: bool) -> Option<NonNull<u8>> {
    may_sleep();
    // SAFETY: The size is more than nothing.
    let memory = NonNull::new(unsafe { alloc_zeroed(layout(size)) })?;
    let start = memory.as_ptr().expose_provenance();
    world(|world| world.insert(start, size, written, false));
    Some(memory)
}

/// # Safety
///
/// As in the kernel.
pub(crate) unsafe fn free(memory: *mut u8) {
    if !std::thread::panicking() {
        may_sleep();
        mark_freed(memory.addr());
    }
}

/// # Safety
///
/// As in the kernel.
pub(crate) unsafe fn free_after_grace_period<T>(
    element: *mut T,
    _reclaim: unsafe fn(*mut T) -> *mut Reclaim,
) {
    if std::thread::panicking() {
        return;
    }
    let start = element.addr();
    touch(start);
    let grace = world(|world| {
        let region = world.regions.get_mut(&start).expect("an allocation");
        let before = std::mem::replace(&mut region.given_up, true);
        assert!(!before, "memory was given up twice");
        world.grace
    });
    if has(Bug::FreedAtOnce) {
        return mark_freed(start);
    }
    if grace == Grace::Late {
        return world(|world| world.waiting.push((start, BTreeSet::new())));
    }
    let order = gates();
    for begin in order.iter().flat_map(|order| &order.begins) {
        // Sections of the other threads that begin after this see what went before.
        begin.fetch_add(0, Ordering::Release);
    }
    let sections = world(|world| world.sections.clone());
    if !sections.is_empty() {
        return world(|world| world.waiting.push((start, sections)));
    }
    for end in order.into_iter().flat_map(|order| order.ends) {
        end.fetch_add(0, Ordering::Acquire);
    }
    mark_freed(start);
}
