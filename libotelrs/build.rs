//! How the library is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The JVM unloads what a collected class loader loaded; our thread and callbacks would run into nothing.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
