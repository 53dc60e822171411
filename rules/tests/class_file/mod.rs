//! Class files made here (JVMS 4).
#![allow(dead_code, reason = "not every test needs all of it")]

use otelrs_rules::matcher::DefiningLoader;
use otelrs_rules::supertypes::Loader;

/// A loader: its number and the name of its class.
pub(crate) struct Defining(pub(crate) Loader, pub(crate) Option<&'static str>);

impl DefiningLoader for Defining {
    fn number(&mut self) -> Loader {
        self.0
    }

    fn class_name(&mut self) -> Option<Vec<u8>> {
        self.1.map(|name| name.as_bytes().to_vec())
    }
}

/// A class to be made (JVMS 4.1).
pub(crate) struct Made<'a> {
    pub(crate) name: &'a str,
    pub(crate) superclass: &'a str,
    pub(crate) interfaces: &'a [&'a str],
    /// Descriptors of the annotations on it.
    pub(crate) annotations: &'a [&'a str],
    /// Name and descriptor.
    pub(crate) fields: &'a [(&'a str, &'a str)],
    pub(crate) methods: &'a [MadeMethod<'a>],
    /// A method of an interface that its constant pool names: owner, name, descriptor.
    pub(crate) called: Option<[&'a str; 3]>,
}

/// A method that is an endless loop.
#[derive(Clone, Copy)]
pub(crate) struct MadeMethod<'a> {
    pub(crate) access: u16,
    pub(crate) name: &'a str,
    pub(crate) descriptor: &'a str,
    pub(crate) annotations: &'a [&'a str],
}

/// A public class below `java/lang/Object` with nothing in it.
pub(crate) const PLAIN: Made<'static> = Made {
    name: "shop/Orders",
    superclass: "java/lang/Object",
    interfaces: &[],
    annotations: &[],
    fields: &[],
    methods: &[],
    called: None,
};

/// A class file with these public methods.
pub(crate) fn class(name: &str, superclass: &str, interfaces: &[&str], methods: &[(&str, &str)]) -> Vec<u8> {
    class_naming(None, name, superclass, interfaces, methods)
}

/// The same, whose constant pool names a method of an interface: owner, name, descriptor.
pub(crate) fn class_naming(
    called: Option<[&str; 3]>,
    name: &str,
    superclass: &str,
    interfaces: &[&str],
    methods: &[(&str, &str)],
) -> Vec<u8> {
    let public = |&(name, descriptor)| MadeMethod { access: 1, name, descriptor, annotations: &[] };
    let methods: Vec<MadeMethod<'_>> = methods.iter().map(public).collect();
    make(&Made { name, superclass, interfaces, methods: &methods, called, ..PLAIN })
}

/// The class file.
pub(crate) fn make(made: &Made<'_>) -> Vec<u8> {
    let mut pool = Pool::default();
    if let Some(called) = made.called {
        pool.interface_method(called);
    }
    let this = pool.class(made.name);
    let parent = pool.class(made.superclass);
    let interfaces: Vec<u16> = made.interfaces.iter().map(|name| pool.class(name)).collect();
    let mut words = vec![0x21, this, parent, interfaces.len() as u16];
    words.extend(interfaces);
    words.push(made.fields.len() as u16);
    for (name, descriptor) in made.fields {
        words.extend([2, pool.utf8(name), pool.utf8(descriptor), 0]);
    }
    words.push(made.methods.len() as u16);
    let mut rest: Vec<u8> = words.into_iter().flat_map(u16::to_be_bytes).collect();
    for method in made.methods {
        let annotations = pool.annotations(method.annotations);
        let (name, descriptor, code) =
            (pool.utf8(method.name), pool.utf8(method.descriptor), pool.utf8("Code"));
        let attributes = 1 + u16::from(!annotations.is_empty());
        // Room for three words of arguments.
        let head = [method.access, name, descriptor, attributes, code, 0, 15, 1, 4, 0, 3];
        rest.extend(head.into_iter().flat_map(u16::to_be_bytes));
        // goto 0; no exception table; no attributes
        rest.extend([0xa7, 0, 0, 0, 0, 0, 0]);
        rest.extend(annotations);
    }
    let annotations = pool.annotations(made.annotations);
    rest.extend(u16::from(!annotations.is_empty()).to_be_bytes());
    rest.extend(annotations);
    let count = (pool.entries.len() as u16 + 1).to_be_bytes();
    [&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 49][..], &count, &pool.entries.concat(), &rest].concat()
}

#[derive(Default)]
struct Pool {
    entries: Vec<Vec<u8>>,
}

impl Pool {
    fn add(&mut self, entry: Vec<u8>) -> u16 {
        self.entries.push(entry);
        self.entries.len() as u16
    }

    fn utf8(&mut self, text: &str) -> u16 {
        self.add([&[1][..], &(text.len() as u16).to_be_bytes(), text.as_bytes()].concat())
    }

    fn class(&mut self, name: &str) -> u16 {
        let name = self.utf8(name);
        self.add([&[7][..], &name.to_be_bytes()].concat())
    }

    fn pair(&mut self, tag: u8, first: u16, second: u16) -> u16 {
        self.add([&[tag][..], &first.to_be_bytes(), &second.to_be_bytes()].concat())
    }

    /// The attribute with these annotations, each with an array of nested ones to walk over; nothing for none.
    fn annotations(&mut self, types: &[&str]) -> Vec<u8> {
        if types.is_empty() {
            return Vec::new();
        }
        let nested = self.utf8("Lshop/Nested;");
        let mut content: Vec<u8> = (types.len() as u16).to_be_bytes().to_vec();
        for kind in types {
            let (kind, value) = (self.utf8(kind), self.utf8("value"));
            content.extend([kind, 1, value].into_iter().flat_map(u16::to_be_bytes));
            content.extend([b'[', 0, 2]);
            for tag in [&b"@"[..], b"@"] {
                content.extend([tag, &nested.to_be_bytes(), &[0, 0]].concat());
            }
        }
        let name = self.utf8("RuntimeVisibleAnnotations");
        [&name.to_be_bytes()[..], &(content.len() as u32).to_be_bytes(), &content].concat()
    }

    fn interface_method(&mut self, [owner, name, descriptor]: [&str; 3]) -> u16 {
        let owner = self.class(owner);
        let (name, descriptor) = (self.utf8(name), self.utf8(descriptor));
        let name_and_type = self.pair(12, name, descriptor);
        self.pair(11, owner, name_and_type)
    }
}
