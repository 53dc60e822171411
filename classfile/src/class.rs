//! The skim: what a matcher asks of every class. It allocates for a thread's first class, and for one of many constants.

use crate::annotations;
use crate::constants::{ConstantPool, Utf8s};
use crate::reader::{ParseError, Problem, Reader};
use std::ops::Range;

/// A class file whose structure down to its attributes' lengths has been checked (JVMS 4.1).
#[derive(Debug, Clone)]
pub struct ClassFile<'a> {
    pool: ConstantPool<'a>,
    access_flags: u16,
    this_class: u16,
    name: &'a [u8],
    super_name: Option<&'a [u8]>,
    interfaces: Table,
    fields: Table,
    methods: Table,
    attributes: Table,
}

/// A counted table: where its first row is.
#[derive(Debug, Clone, Copy)]
struct Table {
    at: u32,
    count: u16,
}

impl Table {
    /// Reads how many rows a table has; the first is then at the reader.
    fn begin(reader: &mut Reader<'_>) -> Result<Table, ParseError> {
        let count = reader.u2()?;
        Ok(Table { at: reader.at() as u32, count })
    }

    /// A reader at the first row.
    fn rows<'a>(self, bytes: &'a [u8]) -> Reader<'a> {
        Reader::new(bytes, self.at as usize)
    }
}

/// A field or method (JVMS 4.5, 4.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// `access_flags`.
    pub access: u16,
    /// The name, modified UTF-8.
    pub name: &'a [u8],
    /// The descriptor, modified UTF-8.
    pub descriptor: &'a [u8],
    /// The length of the code in bytes; none for a field and for an abstract or native method.
    pub code_length: Option<u32>,
    /// Where the Code attribute is, from its name index to its last byte.
    pub(crate) code: Option<Range<usize>>,
    /// The contents of the attribute of annotations kept at run time.
    pub(crate) annotations: Option<&'a [u8]>,
    /// Whether an attribute stands here that no specification up to Java 26 defines for methods.
    pub(crate) has_unknown_attribute: bool,
}

/// Access flag of a public class or member.
pub const ACC_PUBLIC: u16 = 0x0001;
/// Access flag of a private member.
pub const ACC_PRIVATE: u16 = 0x0002;
/// Access flag of a protected member.
pub const ACC_PROTECTED: u16 = 0x0004;
/// Access flag of a static member.
pub const ACC_STATIC: u16 = 0x0008;
/// Access flag of a final member.
pub const ACC_FINAL: u16 = 0x0010;
/// Access flag of a synchronized method.
pub const ACC_SYNCHRONIZED: u16 = 0x0020;
/// Access flag of a native method.
pub const ACC_NATIVE: u16 = 0x0100;
/// Access flag of an interface.
pub const ACC_INTERFACE: u16 = 0x0200;
/// Access flag of an abstract class or method.
pub const ACC_ABSTRACT: u16 = 0x0400;
/// Access flag of what a compiler made and the source does not have.
pub const ACC_SYNTHETIC: u16 = 0x1000;

const MAGIC: u32 = 0xCAFE_BABE;

const CODE: &[u8] = b"Code";

/// Attributes a method may have besides its code (JVMS table 4.7-C).
const METHOD_ATTRIBUTES: [&[u8]; 12] = [
    b"Exceptions",
    b"Signature",
    b"Deprecated",
    b"Synthetic",
    b"MethodParameters",
    b"AnnotationDefault",
    b"RuntimeVisibleAnnotations",
    b"RuntimeInvisibleAnnotations",
    b"RuntimeVisibleParameterAnnotations",
    b"RuntimeInvisibleParameterAnnotations",
    b"RuntimeVisibleTypeAnnotations",
    b"RuntimeInvisibleTypeAnnotations",
];

impl<'a> ClassFile<'a> {
    /// Skims a class file.
    ///
    /// # Errors
    /// When the bytes are not a complete class file, or hold a constant of an unknown kind. Code, attributes and
    /// names are not looked into: what is here was measured, not verified.
    pub fn parse(bytes: &'a [u8]) -> Result<ClassFile<'a>, ParseError> {
        let mut reader = Reader::new(bytes, 0);
        if reader.u4()? != MAGIC {
            return Err(ParseError { offset: 0, problem: Problem::Magic });
        }
        reader.skip(4)?;
        let mut pool = ConstantPool::parse(bytes, &mut reader)?;
        let access_flags = reader.u2()?;
        let this_class = reader.u2()?;
        let name = pool.class(this_class).ok_or(reader.error(Problem::BadIndex(this_class)))?;
        let super_name = match reader.u2()? {
            0 => None,
            index => Some(pool.class(index).ok_or(reader.error(Problem::BadIndex(index)))?),
        };
        let interfaces = Table::begin(&mut reader)?;
        for _ in 0..interfaces.count {
            let index = reader.u2()?;
            pool.class(index).ok_or(reader.error(Problem::BadIndex(index)))?;
        }
        let (fields, methods) = skip_members(&mut pool, &mut reader)?;
        let attributes = Table::begin(&mut reader)?;
        for _ in 0..attributes.count {
            read_attribute(&mut reader)?;
        }
        if !reader.is_at_end() {
            return Err(reader.error(Problem::TrailingBytes));
        }
        Ok(ClassFile {
            pool,
            access_flags,
            this_class,
            name,
            super_name,
            interfaces,
            fields,
            methods,
            attributes,
        })
    }

    /// The major version: 52 is Java 8, 69 is Java 25.
    pub fn major_version(&self) -> u16 {
        Reader::new(self.bytes(), 6).u2().unwrap_or(0)
    }

    /// The minor version; 65535 marks preview features.
    pub fn minor_version(&self) -> u16 {
        Reader::new(self.bytes(), 4).u2().unwrap_or(0)
    }

    /// `access_flags` of the class.
    pub fn access_flags(&self) -> u16 {
        self.access_flags
    }

    /// The internal name in modified UTF-8: `java/lang/String`.
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// The superclass's internal name; none for `java/lang/Object` and for a module descriptor.
    pub fn super_name(&self) -> Option<&'a [u8]> {
        self.super_name
    }

    /// The internal names of the direct superinterfaces.
    pub fn interfaces(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        let mut reader = self.interfaces.rows(self.bytes());
        (0..self.interfaces.count).map_while(move |_| self.pool.class(reader.u2().ok()?))
    }

    /// The fields declared here.
    pub fn fields(&self) -> impl Iterator<Item = Member<'a>> + '_ {
        self.members(self.fields)
    }

    /// The methods declared here, constructors and the class initialiser included.
    pub fn methods(&self) -> impl Iterator<Item = Member<'a>> + '_ {
        self.members(self.methods)
    }

    /// The names of the methods declared here; cheaper than [`ClassFile::methods`], which reads the rest of them too.
    pub fn method_names(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.pool.method_names()
    }

    /// The [`name_key`] of each method's name: less of it than the name, and looked at in one load.
    pub fn method_name_keys(&self) -> impl Iterator<Item = u64> + '_ {
        self.pool.method_name_keys()
    }

    fn members(&self, table: Table) -> impl Iterator<Item = Member<'a>> + '_ {
        let mut reader = table.rows(self.bytes());
        // Of the first Code attribute: a compiler names all by one constant.
        let mut code = 0;
        (0..table.count).map_while(move |_| read_member(&self.pool, &mut reader, &mut code).ok())
    }

    /// Whether an annotation of this type (`Lcom/acme/Traced;`), kept at run time, stands on the class.
    pub fn is_annotated(&self, descriptor: &str) -> bool {
        let mut reader = self.attributes.rows(self.bytes());
        for _ in 0..self.attributes.count {
            let Ok((name, contents)) = read_attribute(&mut reader) else { return false };
            if self.pool.utf8(name) == Some(annotations::VISIBLE) {
                return self.has_annotation(contents, descriptor);
            }
        }
        false
    }

    /// The same of one of its methods or fields.
    pub fn is_member_annotated(&self, member: &Member<'_>, descriptor: &str) -> bool {
        member.annotations.is_some_and(|contents| self.has_annotation(contents, descriptor))
    }

    fn has_annotation(&self, contents: &[u8], descriptor: &str) -> bool {
        annotations::contains(&self.pool, Reader::new(contents, 0), descriptor.as_bytes())
    }

    /// Whether the constant pool names a method of a class or interface so: only then can an instruction call it.
    pub fn refers_to(&self, owner: &str, name: &str, descriptor: &str) -> bool {
        self.pool.names_method(owner.as_bytes(), name.as_bytes(), descriptor.as_bytes())
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.pool.bytes()
    }

    pub(crate) fn pool(&self) -> &ConstantPool<'a> {
        &self.pool
    }

    /// The index of the Class constant that names this class.
    pub(crate) fn this_class(&self) -> u16 {
        self.this_class
    }
}

/// The index of an attribute's name, and its contents.
fn read_attribute<'a>(reader: &mut Reader<'a>) -> Result<(u16, &'a [u8]), ParseError> {
    let start = *reader;
    let Ok([n0, n1, l0, l1, l2, l3]) = reader.array() else { return Err(start.ends_in(&[2, 4])) };
    let length = u32::from_be_bytes([l0, l1, l2, l3]);
    Ok((u16::from_be_bytes([n0, n1]), reader.take(length as usize)?))
}

/// The bytes of a member before its attributes: flags, name, descriptor, count.
const MEMBER_HEAD: usize = 8;

/// Walks over fields and methods, so that every later walk meets nothing new, and notes where the methods' names are.
fn skip_members(pool: &mut ConstantPool<'_>, reader: &mut Reader<'_>) -> Result<(Table, Table), ParseError> {
    // A copy, which need not be in memory.
    let mut rows = *reader;
    let fields = Table::begin(&mut rows)?;
    let (utf8s, _) = pool.with_methods(0);
    for _ in 0..fields.count {
        let start = rows;
        if skip_member(utf8s, &mut rows).is_none() {
            return Err(bad_member(utf8s, start));
        }
    }
    let methods = Table::begin(&mut rows)?;
    // What follows is not trusted to hold as many as it says.
    let room = usize::from(methods.count).min(rows.left() / MEMBER_HEAD);
    let (utf8s, names) = pool.with_methods(room);
    let mut names = names.iter_mut();
    for _ in 0..methods.count {
        let start = rows;
        let Some(name) = skip_member(utf8s, &mut rows) else { return Err(bad_member(utf8s, start)) };
        if let Some(place) = names.next() {
            *place = name;
        }
    }
    *reader = rows;
    Ok((fields, methods))
}

/// Walks over a member; the offset of its name. `None` when [`bad_member`] says why.
#[inline(always)]
fn skip_member(utf8s: Utf8s<'_>, reader: &mut Reader<'_>) -> Option<u32> {
    let [_, _, n0, n1, d0, d1, a0, a1] = reader.array::<MEMBER_HEAD>().ok()?;
    let name = utf8s.offset(u16::from_be_bytes([n0, n1]))?;
    utf8s.offset(u16::from_be_bytes([d0, d1]))?;
    for _ in 0..u16::from_be_bytes([a0, a1]) {
        read_attribute(reader).ok()?;
    }
    Some(name)
}

/// What is wrong with a member, item by item: what is not wrong need not be told where.
#[cold]
fn bad_member(utf8s: Utf8s<'_>, mut reader: Reader<'_>) -> ParseError {
    let mut walk = || {
        reader.skip(2)?;
        for _ in 0..2 {
            let index = reader.u2()?;
            utf8s.offset(index).ok_or(reader.error(Problem::BadIndex(index)))?;
        }
        for _ in 0..reader.u2()? {
            read_attribute(&mut reader)?;
        }
        Ok(())
    };
    walk().err().unwrap_or(reader.error(Problem::Truncated))
}

/// Reads a member. `code_name` is the index of a constant that is known to be `Code`, or 0.
fn read_member<'a>(
    pool: &ConstantPool<'a>,
    reader: &mut Reader<'a>,
    code_name: &mut u16,
) -> Result<Member<'a>, ParseError> {
    let access = reader.u2()?;
    let mut text = || {
        let index = reader.u2()?;
        pool.utf8(index).ok_or(reader.error(Problem::BadIndex(index)))
    };
    let (name, descriptor) = (text()?, text()?);
    let mut member = Member {
        access,
        name,
        descriptor,
        code_length: None,
        code: None,
        annotations: None,
        has_unknown_attribute: false,
    };
    for _ in 0..reader.u2()? {
        let start = *reader;
        let (index, contents) = read_attribute(reader)?;
        // Looking each name up would double the cost of the skim; a bad index is left for the JVM to find.
        let name = if index == *code_name { CODE } else { pool.utf8(index).unwrap_or_default() };
        if name == CODE {
            *code_name = index;
            let mut code = start;
            // Attribute name (2) and length (4), max_stack (2), max_locals (2).
            member.code_length = code.skip(10).and_then(|()| code.u4()).ok();
            member.code = Some(start.at()..reader.at());
            continue;
        }
        if name == annotations::VISIBLE {
            member.annotations = Some(contents);
        }
        member.has_unknown_attribute |= !METHOD_ATTRIBUTES.contains(&name);
    }
    Ok(member)
}

#[cfg(test)]
mod tests {
    use super::ClassFile;
    use crate::reader::{ParseError, Problem};

    /// A class `A` with one method `A.A()V` that has an attribute of two bytes.
    const CLASS: &[u8] = b"\xca\xfe\xba\xbe\0\0\0\x34\0\x04\x01\0\x01A\x01\0\x03()V\x07\0\x01\
        \0\0\0\x03\0\0\0\0\0\0\0\x01\0\0\0\x01\0\x02\0\x01\0\x01\0\0\0\x02--\0\0";

    /// Where the method is.
    const METHOD: usize = 35;

    #[test]
    fn an_error_names_the_item_of_a_member_that_is_wrong() {
        assert_eq!(ClassFile::parse(CLASS).unwrap().method_names().collect::<Vec<_>>(), [b"A"]);
        // Flags, name, descriptor, count; of the attribute name, length, contents.
        let items = [0, 2, 4, 6, 8, 10, 14];
        for length in METHOD..METHOD + 16 {
            let item = items.iter().rfind(|item| METHOD + **item <= length).unwrap();
            let error = ClassFile::parse(&CLASS[..length]).unwrap_err();
            assert_eq!(error, ParseError { offset: METHOD + item, problem: Problem::Truncated }, "{length}");
        }
        for (item, index) in [(2, 3), (2, 9), (4, 0)] {
            let mut class = CLASS.to_vec();
            class[METHOD + item + 1] = index;
            let error = ClassFile::parse(&class).unwrap_err();
            let problem = Problem::BadIndex(index.into());
            assert_eq!(error, ParseError { offset: METHOD + item + 2, problem });
        }
    }
}
