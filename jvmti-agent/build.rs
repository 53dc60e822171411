//! Compiles the bridge and the glue with javac, and embeds them as bytes.
//!
//! All of it is compiled for Java 8: one image serves every JDK, and `java.lang` can be compiled into without patching a
//! module. Types of libraries come from stand-ins in the `stubs` folder beside the glue.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use otelrs_advice::{Site, keys};

/// One folder of glue, and where its classes belong.
struct Glue {
    folder: &'static str,
    /// The class that splices call; the others are its own.
    main: &'static str,
    home: &'static str,
}

const GLUE: &[Glue] = &[
    Glue { folder: "tomcat", main: "otelrs/tomcat/OtelrsGlue", home: "Home::PatchedClass" },
    Glue { folder: "jetty/core", main: "otelrs/jetty/core/OtelrsGlue", home: "Home::PatchedClass" },
    Glue { folder: "java_http_client", main: "jdk/internal/net/http/OtelrsGlue", home: "Home::PatchedClass" },
    Glue { folder: "http_url_connection", main: "sun/net/www/protocol/http/OtelrsGlue", home: "Home::Boot" },
    Glue { folder: "jdbc", main: "java/sql/OtelrsGlue", home: "Home::LoaderOf(c\"java/sql/Driver\")" },
];

/// The bridge's classes, with those nested in them, that are defined only where there are rules of files.
const OF_RULES: [&str; 3] = ["java/lang/OtelrsAccess", "java/lang/OtelrsAttribute", "java/lang/OtelrsRules"];

/// A class of the JDK of which the bridge uses more than is public.
const THREAD_LOCAL: &str = "java/lang/ThreadLocal";

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let advice = Path::new("../advice/src");
    println!("cargo:rerun-if-changed=bridge");
    println!("cargo:rerun-if-env-changed=JAVA_HOME");

    let generated = out.join("generated/java/lang");
    fs::create_dir_all(&generated)?;
    fs::write(generated.join("OtelrsKeys.java"), constants())?;

    let bridge = out.join("bridge");
    let mut sources = java_files(Path::new("bridge"))?;
    sources.push(generated.join("OtelrsKeys.java"));
    println!("cargo:rerun-if-changed=stubs");
    // Named as a source: what Java 8 has too would be taken from there.
    let package_private = Path::new("stubs").join(THREAD_LOCAL).with_extension("java");
    sources.push(package_private);
    compile(&sources, &bridge, None, Some(Path::new("stubs")))?;
    for class in class_files(&bridge)?.iter().filter(|class| class.starts_with(THREAD_LOCAL)) {
        fs::remove_file(class_file(&bridge, class))?;
    }

    let (of_rules, always): (Vec<String>, Vec<String>) =
        bridge_order(class_files(&bridge)?).into_iter().partition(|class| is_of_rules(class));
    let mut table = String::from("/// The bridge.\npub(crate) const BRIDGE: &[Class] = &[\n");
    for class in always {
        let _ = writeln!(
            table,
            "    Class {{ name: c\"{class}\", bytes: include_bytes!({:?}) }},",
            class_file(&bridge, &class)
        );
    }
    let packed = pack(&bridge, &of_rules, &out.join("bridge_of_rules"))?;
    let _ = writeln!(
        table,
        "];\n\n/// Its classes for rules of files.\npub(crate) const BRIDGE_OF_RULES: Packed = {packed};\n\n\
         /// The glue of each library.\npub(crate) const GLUE: &[Glue] = &["
    );
    for glue in GLUE {
        let folder = advice.join(glue.folder);
        println!("cargo:rerun-if-changed={}", folder.join("glue").display());
        let stubs = folder.join("stubs");
        let classes = out.join("glue").join(glue.folder);
        let stubs = stubs.is_dir().then_some(stubs.as_path());
        compile(&java_files(&folder.join("glue"))?, &classes, Some(&bridge), stubs)?;
        let mut files = class_files(&classes)?;
        // What splices call comes last: once it is there, all that it needs is.
        files.sort_by_key(|name| name == glue.main);
        let packed = pack(&classes, &files, &classes.with_extension("packed"))?;
        let _ = writeln!(
            table,
            "    Glue {{ name: \"{}\", home: {}, classes: {packed} }},",
            glue.main, glue.home
        );
    }
    table.push_str("];\n");
    fs::write(out.join("classes.rs"), table)
}

/// The payload keys and sites as Java constants, which javac inlines: the class itself is not shipped.
fn constants() -> String {
    let mut text = String::from(
        "// Generated from otelrs-advice's tables of keys and sites.\n\
         package java.lang;\n\npublic final class OtelrsKeys {\n    private OtelrsKeys() {}\n\n",
    );
    for (name, value) in keys::KEYS {
        let _ = writeln!(text, "    public static final int {name} = {value};");
    }
    for site in Site::ALL {
        let _ = writeln!(text, "    public static final int SITE_{} = {};", site.constant(), *site as u16);
    }
    text.push_str("}\n");
    text
}

fn compile(
    sources: &[PathBuf],
    out: &Path,
    classpath: Option<&Path>,
    stubs: Option<&Path>,
) -> io::Result<()> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    fs::create_dir_all(out)?;
    let javac = env::var_os("JAVA_HOME")
        .map(|home| PathBuf::from(home).join("bin/javac"))
        .filter(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from("javac"));
    let mut command = Command::new(&javac);
    command
        .args(["-Xlint:all", "-Xlint:-options", "-Werror", "--release", "8", "-g:lines", "-proc:none"])
        .args(["-implicit:none", "-encoding", "UTF-8", "-d"])
        .arg(out);
    if let Some(classpath) = classpath {
        command.arg("-classpath").arg(classpath);
    }
    if let Some(stubs) = stubs {
        command.arg("-sourcepath").arg(stubs);
    }
    // An agent's option for the build's own JVMs would run it inside this very build.
    let output = command.args(sources).env_remove("JAVA_TOOL_OPTIONS").output().map_err(|error| {
        io::Error::new(error.kind(), format!("{}: {error}; a JDK (17 or newer) is needed", javac.display()))
    })?;
    if output.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("javac: {}", String::from_utf8_lossy(&output.stderr))))
    }
}

fn java_files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(root, "java", &mut found)?;
    Ok(found)
}

/// Internal names of the classes below a folder.
fn class_files(root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    walk(root, "class", &mut found)?;
    Ok(found
        .iter()
        .filter_map(|path| path.strip_prefix(root).ok())
        .map(|path| path.with_extension("").to_string_lossy().into_owned())
        .filter(|name| !name.ends_with("/OtelrsKeys"))
        .collect())
}

fn walk(root: &Path, extension: &str, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(root)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, extension, found)?;
        } else if path.extension().is_some_and(|is| is == extension) {
            found.push(path);
        }
    }
    Ok(())
}

/// The bridge itself first: a JVM defines it once, which tells another copy before anything of ours is there. What it
/// needs is looked for when it runs.
fn bridge_order(mut classes: Vec<String>) -> Vec<String> {
    classes.sort_by_key(|name| (name != "java/lang/OtelrsBridge", !name.contains('$')));
    classes
}

fn is_of_rules(class: &str) -> bool {
    let outermost = class.split('$').next().unwrap_or_default();
    OF_RULES.contains(&outermost)
}

fn class_file(root: &Path, class: &str) -> PathBuf {
    root.join(format!("{class}.class"))
}

/// Deflates the class files, one after the other, into a file. Gives the expression that names them.
fn pack(root: &Path, classes: &[String], into: &Path) -> io::Result<String> {
    let mut encoder = DeflateEncoder::new(fs::File::create(into)?, Compression::best());
    let mut files = String::new();
    for class in classes {
        let bytes = fs::read(class_file(root, class))?;
        encoder.write_all(&bytes)?;
        let _ = write!(files, "(c\"{class}\", {}), ", bytes.len());
    }
    encoder.finish()?;
    Ok(format!("Packed {{ files: &[{files}], bytes: include_bytes!({into:?}) }}"))
}
