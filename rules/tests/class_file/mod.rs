//! Class files made here (JVMS 4).
#![allow(dead_code, reason = "not every test needs all of it")]

/// A class file with these methods, each an endless loop (JVMS 4.1).
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
    let mut pool = Pool::default();
    if let Some(called) = called {
        pool.interface_method(called);
    }
    let this = pool.class(name);
    let parent = pool.class(superclass);
    let interfaces: Vec<u16> = interfaces.iter().map(|name| pool.class(name)).collect();
    let code = pool.utf8("Code");
    let methods: Vec<[u16; 2]> =
        methods.iter().map(|(name, kind)| [pool.utf8(name), pool.utf8(kind)]).collect();

    let mut words = vec![0x21, this, parent, interfaces.len() as u16];
    words.extend(interfaces);
    words.extend([0, methods.len() as u16]);
    let mut rest: Vec<u8> = words.into_iter().flat_map(u16::to_be_bytes).collect();
    for [name, descriptor] in methods {
        let head = [1, name, descriptor, 1, code, 0, 15, 1, 1, 0, 3];
        rest.extend(head.into_iter().flat_map(u16::to_be_bytes));
        // goto 0; no exception table; no attributes
        rest.extend([0xa7, 0, 0, 0, 0, 0, 0]);
    }
    rest.extend([0, 0]);
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

    fn interface_method(&mut self, [owner, name, descriptor]: [&str; 3]) -> u16 {
        let owner = self.class(owner);
        let (name, descriptor) = (self.utf8(name), self.utf8(descriptor));
        let name_and_type = self.pair(12, name, descriptor);
        self.pair(11, owner, name_and_type)
    }
}
