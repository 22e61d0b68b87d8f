//! Gives `outtrayd.exe` its icon, version and manifest. For other systems it does nothing.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "windows") {
        let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
        let resources = PathBuf::from(variable("OUT_DIR")?).join("outtrayd.rc");
        fs::write(&resources, script(&here, &variable("CARGO_PKG_VERSION")?))?;
        let compiled = embed_resource::compile_for(&resources, ["outtrayd"], embed_resource::NONE);
        compiled.manifest_required().map_err(io::Error::other)?;
    }
    Ok(())
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}

fn script(here: &Path, version: &str) -> String {
    let file = |name: &str| {
        let path = here.join(name);
        println!("cargo:rerun-if-changed={}", path.display());
        path.display().to_string().replace('\\', "\\\\")
    };
    let (manifest, icon) = (file("../installer/program.manifest"), file("../../icons/icon.ico"));
    // Four numbers, whatever comes behind them (`1.2.3-beta`).
    let mut numbers: Vec<&str> = version.split(['.', '-', '+']).take(3).collect();
    numbers.push("0");
    let numbers = numbers.join(",");
    format!(
        r#"#pragma code_page(65001)
1 24 "{manifest}"
1 ICON "{icon}"
1 VERSIONINFO
FILEVERSION {numbers}
PRODUCTVERSION {numbers}
FILEOS 0x40004
FILETYPE 1
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904b0"
    BEGIN
      VALUE "CompanyName", "Outtray"
      VALUE "FileDescription", "Outtray, the SMTP relay of a small office (engine)"
      VALUE "FileVersion", "{version}"
      VALUE "InternalName", "outtrayd"
      VALUE "LegalCopyright", "MIT or Apache-2.0"
      VALUE "OriginalFilename", "outtrayd.exe"
      VALUE "ProductName", "Outtray"
      VALUE "ProductVersion", "{version}"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x409, 1200
  END
END
"#
    )
}
