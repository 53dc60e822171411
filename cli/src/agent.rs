//! Finding the agent library, and the JVM option that loads it.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::words::quote;

const LIBRARY: &str = "libotelrs.so";

/// Why the agent cannot be attached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AgentError {
    #[error("{named}: cannot read the agent library {path}: {source}. Give the path of {LIBRARY}")]
    Unreadable { named: &'static str, path: String, source: std::io::Error },
    #[error(
        "the agent library {LIBRARY} is not in {searched}. Build it with ./x build, or name it with --agent PATH or \
         OTELRS_AGENT"
    )]
    NotFound { searched: String },
    #[error(
        "the JVM cannot load an agent from {0}: a path with '=' or one that is not UTF-8. Move {LIBRARY}"
    )]
    Path(String),
    #[error("--option {0}: expected KEY=VALUE without ';', such as --option otel.javaagent.debug=true")]
    Option(String),
}

/// The library's absolute path.
pub(crate) fn find(
    option: Option<&Path>,
    variable: Option<OsString>,
    executable: Option<PathBuf>,
) -> Result<PathBuf, AgentError> {
    if let Some(path) = option {
        return readable(path, "--agent");
    }
    if let Some(path) = variable.filter(|path| !path.is_empty()) {
        return readable(Path::new(&path), "OTELRS_AGENT");
    }
    let beside = executable.as_deref().and_then(Path::parent);
    let places: Vec<PathBuf> = beside
        .iter()
        .flat_map(|beside| [beside.join(LIBRARY), beside.join("../lib").join(LIBRARY)])
        .collect();
    let found = places.iter().find_map(|place| readable(place, LIBRARY).ok());
    found.ok_or_else(|| {
        let searched: Vec<String> = places
            .iter()
            .filter_map(|place| place.parent())
            .map(|folder| folder.display().to_string())
            .collect();
        AgentError::NotFound { searched: searched.join(" or ") }
    })
}

/// A missing library ends the JVM before it starts, so the file is opened here.
fn readable(path: &Path, named: &'static str) -> Result<PathBuf, AgentError> {
    let opened = File::open(path).and_then(|_| path.canonicalize());
    opened.map_err(|source| AgentError::Unreadable { named, path: path.display().to_string(), source })
}

/// `-agentpath:PATH=key=value;key=value`, quoted as JAVA_TOOL_OPTIONS needs it.
pub(crate) fn jvm_option(library: &Path, options: &[String]) -> Result<String, AgentError> {
    // HotSpot ends the path at the first '='.
    let path = library.to_str().filter(|path| !path.contains('='));
    let path = path.ok_or_else(|| AgentError::Path(library.display().to_string()))?;
    let options = joined_options(options)?;
    let separator = if options.is_empty() { "" } else { "=" };
    Ok(quote(&format!("-agentpath:{path}{separator}{options}")))
}

/// Options as the agent takes them: `key=value;key=value`.
pub(crate) fn joined_options(options: &[String]) -> Result<String, AgentError> {
    for option in options {
        let key = option.split_once('=').map(|(key, _)| key.trim());
        if key.is_none_or(str::is_empty) || option.contains([';', '\n', '\r']) {
            return Err(AgentError::Option(option.clone()));
        }
    }
    Ok(options.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jvm_option_holds_path_and_options() {
        let option = |path: &str, options: &[&str]| {
            let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
            jvm_option(Path::new(path), &options).map_err(|error| error.to_string())
        };
        assert_eq!(option("/a/libotelrs.so", &[]).unwrap(), "-agentpath:/a/libotelrs.so");
        assert_eq!(option("/a/l.so", &["a=1", "b=x=y"]).unwrap(), "-agentpath:/a/l.so=a=1;b=x=y");
        assert_eq!(option("/my dir/l.so", &["a=b c"]).unwrap(), "'-agentpath:/my dir/l.so=a=b c'");
        for (path, options, part) in [
            ("/a=b/l.so", &[][..], "a path with '='"),
            ("/a/l.so", &["debug"], "--option debug: expected KEY=VALUE"),
            ("/a/l.so", &["=x"], "--option =x"),
            ("/a/l.so", &["a=1;b=2"], "without ';'"),
        ] {
            let error = option(path, options).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn the_library_is_where_it_was_named_or_beside_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let (bin, lib) = (folder.path().join("bin"), folder.path().join("lib"));
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::create_dir_all(&lib).unwrap();
        let program = Some(bin.join("otelrs"));
        let missing = find(None, None, program.clone()).unwrap_err().to_string();
        assert!(missing.contains("--agent PATH or OTELRS_AGENT"), "{missing}");

        let place = |path: PathBuf| {
            std::fs::write(&path, "").unwrap();
            path.canonicalize().unwrap()
        };
        let installed = place(lib.join(LIBRARY));
        assert_eq!(find(None, None, program.clone()).unwrap(), installed);
        let built = place(bin.join(LIBRARY));
        assert_eq!(find(None, Some(OsString::new()), program.clone()).unwrap(), built);
        let named = place(folder.path().join("named.so"));
        assert_eq!(find(None, Some(named.clone().into()), program.clone()).unwrap(), named);
        assert_eq!(find(Some(&installed), Some(named.into()), program.clone()).unwrap(), installed);
        let error = find(Some(Path::new("/nowhere/l.so")), None, program).unwrap_err().to_string();
        assert!(error.starts_with("--agent: cannot read the agent library /nowhere/l.so"), "{error}");
    }
}
