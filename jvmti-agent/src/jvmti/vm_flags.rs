//! The JVM's final flags, read from the tables that HotSpot exports for debuggers (`gHotSpotVMStructs`).
//!
//! Options reach a JVM by command line, argument files, `JAVA_TOOL_OPTIONS`, `JDK_JAVA_OPTIONS` and `.hotspotrc`; only its
//! own table says what came of them. The tables have had this shape since JDK 7 (vmStructs.hpp).

use std::ffi::{CStr, c_char, c_void};
use std::ptr;

/// The flags of this process's JVM.
pub(crate) struct VmFlags {
    first: usize,
    count: usize,
    size: usize,
    name_offset: usize,
    address_offset: usize,
}

/// More flags than this means that the table is not what we take it for.
const MAX_FLAGS: usize = 10_000;

impl VmFlags {
    /// Finds the table; `None` on a JVM that does not export it.
    pub(crate) fn find() -> Option<VmFlags> {
        let structs = Structs::find()?;
        let type_name = if structs.field(b"JVMFlag", b"_name").is_some() { &b"JVMFlag"[..] } else { b"Flag" };
        let name_offset = structs.field(type_name, b"_name")?.offset;
        let address_offset = structs.field(type_name, b"_addr")?.offset;
        let flags = structs.field(type_name, b"flags")?.address;
        let count = structs.field(type_name, b"numFlags")?.address;
        let size = type_size(type_name)?;
        let first = read_word(flags)?;
        let count = read_word(count)?.min(MAX_FLAGS);
        Some(VmFlags { first, count, size, name_offset, address_offset })
    }

    fn address_of(&self, wanted: &str) -> Option<usize> {
        (0..self.count).find_map(|index| {
            let flag = self.first.checked_add(index.checked_mul(self.size)?)?;
            let name = read_word(flag + self.name_offset)?;
            (read_text(name)? == wanted.as_bytes()).then(|| read_word(flag + self.address_offset))?
        })
    }

    /// A flag that holds text; `None` when it is not there or not set.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = read_word(self.address_of(name)?)?;
        read_text(text).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// A flag that is on or off.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.address_of(name).is_some_and(|address| {
            let flag = address as *const u8;
            // SAFETY: HotSpot's table gives the address of a `bool` variable that lives as long as the JVM.
            !flag.is_null() && unsafe { flag.read() } != 0
        })
    }
}

/// `VMStructEntry` as read through the exported offsets.
struct Field {
    offset: usize,
    address: usize,
}

struct Structs {
    first: usize,
    stride: usize,
    type_name: usize,
    field_name: usize,
    offset: usize,
    address: usize,
}

const MAX_ENTRIES: usize = 20_000;

impl Structs {
    fn find() -> Option<Structs> {
        Some(Structs {
            first: exported(c"gHotSpotVMStructs")?,
            stride: exported(c"gHotSpotVMStructEntryArrayStride")?,
            type_name: exported(c"gHotSpotVMStructEntryTypeNameOffset")?,
            field_name: exported(c"gHotSpotVMStructEntryFieldNameOffset")?,
            offset: exported(c"gHotSpotVMStructEntryOffsetOffset")?,
            address: exported(c"gHotSpotVMStructEntryAddressOffset")?,
        })
    }

    fn field(&self, type_name: &[u8], field_name: &[u8]) -> Option<Field> {
        for index in 0..MAX_ENTRIES {
            let entry = self.first + index * self.stride;
            // The last entry is all null.
            let name = read_text(read_word(entry + self.type_name)?)?;
            if name == type_name && read_text(read_word(entry + self.field_name)?)? == field_name {
                return Some(Field {
                    offset: read_word(entry + self.offset)?,
                    address: read_word(entry + self.address)?,
                });
            }
        }
        None
    }
}

fn type_size(wanted: &[u8]) -> Option<usize> {
    let first = exported(c"gHotSpotVMTypes")?;
    let stride = exported(c"gHotSpotVMTypeEntryArrayStride")?;
    let name_offset = exported(c"gHotSpotVMTypeEntryTypeNameOffset")?;
    let size_offset = exported(c"gHotSpotVMTypeEntrySizeOffset")?;
    for index in 0..MAX_ENTRIES {
        let entry = first + index * stride;
        let name = read_text(read_word(entry + name_offset)?)?;
        if name == wanted {
            return read_word(entry + size_offset);
        }
    }
    None
}

/// The value of a word that libjvm exports.
fn exported(name: &CStr) -> Option<usize> {
    // SAFETY: looks a symbol up among the libraries of the process; it reads nothing else.
    let address = unsafe { dlsym(ptr::null_mut(), name.as_ptr()) };
    read_word(address as usize)
}

unsafe extern "C" {
    // A null handle is RTLD_DEFAULT on Linux and macOS does the same for its own value of it.
    fn dlsym(handle: *mut c_void, symbol: *const c_char) -> *mut c_void;
}

fn read_word(address: usize) -> Option<usize> {
    let word = address as *const usize;
    if word.is_null() || !word.is_aligned() {
        return None;
    }
    // SAFETY: every address comes from HotSpot's own tables, whose entries are static data of libjvm.
    Some(unsafe { word.read() })
}

fn read_text<'a>(address: usize) -> Option<&'a [u8]> {
    let text = address as *const c_char;
    if text.is_null() {
        return None;
    }
    // SAFETY: as for words; the names and values are strings that end in 0 and live as long as the JVM.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}
