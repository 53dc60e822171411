//! The skim: what a matcher asks of every class. It allocates for a thread's first class, and for one of many constants.

use crate::annotations;
use crate::constants::ConstantPool;
use crate::reader::{ParseError, Problem, Reader};
use std::ops::Range;

/// A class file whose structure down to its attributes' lengths has been checked (JVMS 4.1).
#[derive(Debug, Clone)]
pub struct ClassFile<'a> {
    bytes: &'a [u8],
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
    at: usize,
    count: u16,
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

/// Attributes a method may have (JVMS table 4.7-C).
const METHOD_ATTRIBUTES: [&[u8]; 13] = [
    b"Code",
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
        let pool = ConstantPool::parse(bytes, &mut reader)?;
        let access_flags = reader.u2()?;
        let this_class = reader.u2()?;
        let name = pool.class(this_class).ok_or(reader.error(Problem::BadIndex(this_class)))?;
        let super_name = match reader.u2()? {
            0 => None,
            index => Some(pool.class(index).ok_or(reader.error(Problem::BadIndex(index)))?),
        };
        let count = reader.u2()?;
        let interfaces = Table { at: reader.at(), count };
        for _ in 0..count {
            let index = reader.u2()?;
            pool.class(index).ok_or(reader.error(Problem::BadIndex(index)))?;
        }
        let fields = skip_members(&pool, &mut reader)?;
        let methods = skip_members(&pool, &mut reader)?;
        let count = reader.u2()?;
        let attributes = Table { at: reader.at(), count };
        for _ in 0..count {
            read_attribute(&mut reader)?;
        }
        if !reader.is_at_end() {
            return Err(reader.error(Problem::TrailingBytes));
        }
        Ok(ClassFile {
            bytes,
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
        Reader::new(self.bytes, 6).u2().unwrap_or(0)
    }

    /// The minor version; 65535 marks preview features.
    pub fn minor_version(&self) -> u16 {
        Reader::new(self.bytes, 4).u2().unwrap_or(0)
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
        let mut reader = Reader::new(self.bytes, self.interfaces.at);
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

    /// The names of the methods declared here; cheaper than [`ClassFile::methods`], which looks at their attributes too.
    pub fn method_names(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        let mut reader = Reader::new(self.bytes, self.methods.at);
        (0..self.methods.count).map_while(move |_| read_name(&self.pool, &mut reader).ok())
    }

    fn members(&self, table: Table) -> impl Iterator<Item = Member<'a>> + '_ {
        let mut reader = Reader::new(self.bytes, table.at);
        (0..table.count).map_while(move |_| read_member(&self.pool, &mut reader).ok())
    }

    /// Whether an annotation of this type (`Lcom/acme/Traced;`), kept at run time, stands on the class.
    pub fn is_annotated(&self, descriptor: &str) -> bool {
        let mut reader = Reader::new(self.bytes, self.attributes.at);
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
        self.bytes
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
    let name = reader.u2()?;
    let length = reader.u4()?;
    Ok((name, reader.take(length as usize)?))
}

/// Walks over a member table, so that every later walk meets nothing new.
fn skip_members(pool: &ConstantPool<'_>, reader: &mut Reader<'_>) -> Result<Table, ParseError> {
    let count = reader.u2()?;
    let table = Table { at: reader.at(), count };
    for _ in 0..count {
        reader.skip(2)?;
        for _ in 0..2 {
            let index = reader.u2()?;
            if !pool.is_utf8(index) {
                return Err(reader.error(Problem::BadIndex(index)));
            }
        }
        for _ in 0..reader.u2()? {
            read_attribute(reader)?;
        }
    }
    Ok(table)
}

/// The name of a member whose rest is passed over.
#[inline]
fn read_name<'a>(pool: &ConstantPool<'a>, reader: &mut Reader<'a>) -> Result<&'a [u8], ParseError> {
    reader.skip(2)?;
    let index = reader.u2()?;
    reader.skip(2)?;
    for _ in 0..reader.u2()? {
        read_attribute(reader)?;
    }
    pool.utf8(index).ok_or(reader.error(Problem::BadIndex(index)))
}

fn read_member<'a>(pool: &ConstantPool<'a>, reader: &mut Reader<'a>) -> Result<Member<'a>, ParseError> {
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
        let name = pool.utf8(index).unwrap_or_default();
        if name == b"Code" {
            let mut code = start;
            // Attribute name (2) and length (4), max_stack (2), max_locals (2).
            member.code_length = code.skip(10).and_then(|()| code.u4()).ok();
            member.code = Some(start.at()..reader.at());
        } else if name == annotations::VISIBLE {
            member.annotations = Some(contents);
        }
        member.has_unknown_attribute |= !METHOD_ATTRIBUTES.contains(&name);
    }
    Ok(member)
}
