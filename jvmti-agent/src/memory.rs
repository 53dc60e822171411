//! The allocator: the system's, with a reserve for the moment when that has nothing more.
//!
//! Rust aborts the process when an allocation fails, and the process is the application's. So a failed allocation is
//! served from a reserve, which suffices to finish the entry in progress; its guard then ends all instrumentation.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// More than one entry of each of many threads asks for.
const RESERVE: usize = 1 << 20;

#[repr(align(64))]
struct Reserve(UnsafeCell<[u8; RESERVE]>);

// SAFETY: each byte is handed out once, by an atomic counter.
unsafe impl Sync for Reserve {}

// Zero-initialised: pages of it cost nothing until they are used.
static MEMORY: Reserve = Reserve(UnsafeCell::new([0; RESERVE]));
static USED: AtomicUsize = AtomicUsize::new(0);
static EXHAUSTED: AtomicBool = AtomicBool::new(false);

/// Whether the system has refused memory to the agent.
pub(crate) fn exhausted() -> bool {
    EXHAUSTED.load(Relaxed)
}

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn from_reserve(layout: Layout) -> *mut u8 {
    EXHAUSTED.store(true, Relaxed);
    let base = MEMORY.0.get().cast::<u8>();
    let size = layout.size() + layout.align();
    let start = USED.fetch_add(size, Relaxed);
    if start.checked_add(size).is_none_or(|end| end > RESERVE) {
        return std::ptr::null_mut();
    }
    let unaligned = base.wrapping_add(start);
    unaligned.wrapping_add(unaligned.align_offset(layout.align()))
}

fn is_from_reserve(memory: *mut u8) -> bool {
    let base = MEMORY.0.get() as usize;
    (base..base + RESERVE).contains(&(memory as usize))
}

#[cfg(feature = "fault-injection")]
fn refused() -> bool {
    // Set by the test before any Java thread runs; read without allocating.
    use std::sync::atomic::AtomicI64;
    static LEFT: AtomicI64 = AtomicI64::new(i64::MIN);
    match LEFT.load(Relaxed) {
        i64::MIN => {
            let asked = fault_after();
            LEFT.store(asked, Relaxed);
            false
        }
        i64::MAX => false,
        _ => LEFT.fetch_sub(1, Relaxed) <= 0,
    }
}

#[cfg(feature = "fault-injection")]
fn fault_after() -> i64 {
    // SAFETY: getenv with a string that ends in 0; the environment is not changed by the tests' JVM.
    let value = unsafe { getenv(c"OTELRS_FAULT_ALLOCATION".as_ptr()) };
    if value.is_null() {
        return i64::MAX;
    }
    // SAFETY: getenv gives a string that ends in 0.
    unsafe { atoll(value) }
}

#[cfg(feature = "fault-injection")]
unsafe extern "C" {
    fn getenv(name: *const std::ffi::c_char) -> *mut std::ffi::c_char;
    fn atoll(text: *const std::ffi::c_char) -> i64;
}

#[cfg(not(feature = "fault-injection"))]
fn refused() -> bool {
    false
}

// SAFETY: what is handed out is either the system's or a part of the reserve that nobody else has; the reserve is never
// handed out twice.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if refused() {
            return from_reserve(layout);
        }
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is the system's.
        let memory = unsafe { System.alloc(layout) };
        if memory.is_null() { from_reserve(layout) } else { memory }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if !is_from_reserve(memory) {
            // SAFETY: what is not of the reserve came from the system with this layout.
            unsafe { System.dealloc(memory, layout) };
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let refused = refused();
        if !is_from_reserve(memory) && !refused {
            // SAFETY: what is not of the reserve came from the system with this layout.
            let grown = unsafe { System.realloc(memory, layout, new_size) };
            if !grown.is_null() {
                return grown;
            }
        }
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
            return std::ptr::null_mut();
        };
        let moved = from_reserve(new_layout);
        if !moved.is_null() {
            // SAFETY: both are at least as long as the shorter of the two sizes, and they do not overlap.
            unsafe { std::ptr::copy_nonoverlapping(memory, moved, layout.size().min(new_size)) };
            // SAFETY: the caller owns `memory` with this layout, and has it no more.
            unsafe { self.dealloc(memory, layout) };
        }
        moved
    }
}
