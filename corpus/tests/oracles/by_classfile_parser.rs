//! The crate classfile-parser, which keeps indices into the constant pool and looks into an attribute when asked.

use classfile_parser::ClassAccessFlags;
use classfile_parser::attribute_info::{AttributeInfo, code_attribute_parser};
use classfile_parser::constant_info::ConstantInfo;
use classfile_parser::field_info::FieldAccessFlags;
use classfile_parser::method_info::MethodAccessFlags;

use crate::reading::{Known, MemberReading, Reading};

pub(crate) const KNOWN: Known = Known {
    class: ClassAccessFlags::all().bits(),
    field: FieldAccessFlags::all().bits(),
    method: MethodAccessFlags::all().bits(),
};

pub(crate) fn read(bytes: &[u8]) -> Result<Reading, String> {
    // Its errors hold the whole rest of the class.
    let (rest, class) =
        classfile_parser::class_parser(bytes).map_err(|_| "the class is refused".to_owned())?;
    if !rest.is_empty() {
        return Err(format!("{} bytes are left", rest.len()));
    }
    let pool = Pool(&class.const_pool);
    Ok(Reading {
        version: (class.major_version, class.minor_version),
        access: class.access_flags.bits(),
        name: pool.class(class.this_class)?,
        super_name: (class.super_class != 0).then(|| pool.class(class.super_class)).transpose()?,
        interfaces: class.interfaces.iter().map(|index| pool.class(*index)).collect::<Result<_, _>>()?,
        fields: class
            .fields
            .iter()
            .map(|field| {
                let access = field.access_flags.bits();
                pool.member(access, field.name_index, field.descriptor_index, &field.attributes)
            })
            .collect::<Result<_, _>>()?,
        methods: class
            .methods
            .iter()
            .map(|method| {
                let access = method.access_flags.bits();
                pool.member(access, method.name_index, method.descriptor_index, &method.attributes)
            })
            .collect::<Result<_, _>>()?,
    })
}

struct Pool<'c>(&'c [ConstantInfo]);

impl Pool<'_> {
    fn constant(&self, index: u16) -> Result<&ConstantInfo, String> {
        let at = usize::from(index).checked_sub(1);
        at.and_then(|at| self.0.get(at)).ok_or_else(|| format!("no constant {index}"))
    }

    fn text(&self, index: u16) -> Result<String, String> {
        match self.constant(index)? {
            ConstantInfo::Utf8(text) => Ok(text.utf8_string.clone()),
            other => Err(format!("{other:?} is no text")),
        }
    }

    fn class(&self, index: u16) -> Result<String, String> {
        match self.constant(index)? {
            ConstantInfo::Class(class) => self.text(class.name_index),
            other => Err(format!("{other:?} is no class")),
        }
    }

    fn member(
        &self,
        access: u16,
        name: u16,
        descriptor: u16,
        attributes: &[AttributeInfo],
    ) -> Result<MemberReading, String> {
        let mut code_length = None;
        for attribute in attributes {
            if self.text(attribute.attribute_name_index)? == "Code" {
                let (rest, code) =
                    code_attribute_parser(&attribute.info).map_err(|_| "the code is refused".to_owned())?;
                if !rest.is_empty() {
                    return Err(format!("{} bytes are left behind the code", rest.len()));
                }
                code_length = Some(code.code_length as usize);
            }
        }
        Ok(MemberReading { access, name: self.text(name)?, descriptor: self.text(descriptor)?, code_length })
    }
}
